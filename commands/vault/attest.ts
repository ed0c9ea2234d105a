import { z } from 'zod';
import { defineCommand } from '../../src/core/command.ts';
import { ChatelaineError } from '../../src/core/errors.ts';
import { attestable, described } from '../../src/core/recovery/items.ts';
import { noteProblem } from '../../src/core/recovery/refuse-note.ts';

/** A person's word for what the bot has no way to see. It is kept with their name and the time, and holds for a while. */
export const attest = defineCommand({
  name: 'vault attest',
  summary: 'Attest something that a recovery needs and that the bot can’t see',
  details: `The bot looks at snapshots and replicas itself. Each holder of a share confirms their own with \`shares\`; never put a share, a token or a key into the note. A freeze does not stop it.`,
  examples: ['vault attest age-key', 'vault attest restore-drill --note "restored into a spare machine"'],
  may: 'attest',
  effect: 'write',
  // It writes the bot's own record alone; and who restores after a disaster does so under a freeze.
  whileFrozen: 'runs',
  args: z.object({
    item: z.enum(attestable).meta({ title: 'What', description: attestable.join(', ') }),
    note: z
      .string()
      .max(200)
      .optional()
      .meta({ title: 'Note', description: 'shown to everybody who may look' }),
  }),
  words: ['item'],
  async handler({ actor, recovery, call }, { item, note }) {
    const problem = note === undefined ? undefined : noteProblem(note);
    if (problem !== undefined) throw noNote(problem);
    const holders = recovery.shareHolders;
    if (item === 'shares' && holders.length > 0 && !holders.some(({ id }) => id === actor.id))
      throw noHolder();
    const { at } = await recovery.attestations.record(item, { by: actor, note }, call);
    const { title, claim, days } = described[item];
    const until = new Date(Date.parse(at) + days * 86_400_000).toISOString();
    return {
      card: {
        state: 'success',
        title: [`${title}: attested by `, { person: actor }],
        lines: [`What that says: ${claim}.`, ['It holds until ', { time: until }, '.']],
        actions: [{ label: 'Readiness', command: 'vault readiness' }],
      },
    };
  },
});

function noNote(problem: string): ChatelaineError {
  return refusal(
    `the note can’t be kept: ${problem}`,
    'Say it in plain words. If it was a secret, treat it as exposed: it stays where it was typed until it is deleted.',
  );
}

function noHolder(): ChatelaineError {
  return refusal(
    'the configuration does not name you as a holder of a share, and each holder confirms their own',
    'Whoever keeps the configuration can add you to recovery.shareHolders.',
  );
}

function refusal(wrong: string, next: string): ChatelaineError {
  return new ChatelaineError({
    code: 'bad-argument',
    doing: 'attesting',
    wrong,
    state: 'Nothing was recorded.',
    next,
  });
}
