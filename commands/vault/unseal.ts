import { z } from 'zod';
import type { Card, Text } from '../../src/core/card.ts';
import { defineCommand } from '../../src/core/command.ts';
import { count } from '../../src/core/count.ts';
import { ChatelaineError } from '../../src/core/errors.ts';
import { describeProblem } from '../../src/core/incident/seal-words.ts';
import { quote } from '../../src/core/names.ts';
import type { Replica } from '../../src/core/ports/vault.ts';

/** A guide for a person with a share. It takes none: what looks like one is refused before anything is read. */
export const unseal = defineCommand({
  name: 'vault unseal',
  summary: 'Show how to unseal a replica of Vault, and how many shares it was given',
  details:
    'It takes no share, ever: shares are typed at the prompt of the command that it shows, on a machine that reaches the replica.',
  examples: ['vault unseal', 'vault unseal vault-1'],
  may: 'read',
  effect: 'read',
  args: z.object({
    replica: z.string().min(1).max(63).optional().meta({
      title: 'Replica',
      description: 'one of them; otherwise all that are sealed',
    }),
  }),
  words: ['replica'],
  async handler({ vault, call }, { replica: name }) {
    const all = await vault.replicas(call);
    const asked = name === undefined ? all : all.filter((each) => each.name === name);
    if (asked.length === 0) throw unknownReplica(name ?? '', all);
    return { card: asked.some(isSealed) ? guideCard(asked) : nothingToUnseal(asked, all) };
  },
});

function isUp({ state }: Replica): boolean {
  return state === 'active' || state === 'standby';
}

function isSealed({ state }: Replica): boolean {
  return state === 'sealed';
}

/** None that was asked for is sealed; one that can't be reached may be, and so may others. */
function nothingToUnseal(asked: readonly Replica[], all: readonly Replica[]): Card {
  const problem = describeProblem({ replicas: asked });
  const others = describeProblem({ replicas: all.filter((each) => !asked.includes(each)) });
  const well =
    asked.length === all.length
      ? 'No replica needs to be unsealed'
      : `${asked.map(({ name }) => name).join(', ')} needs no unsealing`;
  return {
    state: problem === '' && others === '' ? 'success' : 'warning',
    title: problem === '' ? well : `None that answers is sealed: ${problem}`,
    lines: [
      ...asked.flatMap(unreachableLine),
      ...asked.filter(isUp).map(({ name, state }) => `${name} is ${state}.`),
      ...(others === '' ? [] : [`Of the others: ${others}.`]),
    ],
  };
}

function unreachableLine({ name, address, state, why }: Replica): readonly string[] {
  return state === 'unreachable' ? [`${name} at ${address}: ${why ?? 'no answer'}.`] : [];
}

function guideCard(replicas: readonly Replica[]): Card {
  const sealed = replicas.filter(isSealed);
  const others = replicas.filter((each) => !isSealed(each)).map(({ name, state }) => `${name} is ${state}`);
  return {
    state: 'warning',
    title: `To unseal: ${sealed.map(describe).join('; ')}`,
    lines: [
      'On a machine that reaches the replica, a person with a share runs this and types the share at its prompt, where it is not shown:',
      ...sealed.map(({ address }): Text => [{ code: `bao operator unseal -address=${address}` }]),
      [
        'Again with another share, until enough were given; for each replica. With Vault’s own CLI it is ',
        { code: 'vault operator unseal' },
        '.',
      ],
      'Never put a share behind the command, where the shell keeps it, and never give one to a bot or a chat.',
      ...(others.length === 0 ? [] : [`${others.join(', ')}.`]),
    ],
    actions: [{ label: 'Look again', command: 'vault unseal' }],
  };
}

function describe({ name, unseal: progress }: Replica): string {
  if (progress === undefined) return name;
  return `${name} was given ${progress.given} of ${count(progress.needed, 'share')}`;
}

function unknownReplica(name: string, all: readonly Replica[]): ChatelaineError {
  return new ChatelaineError({
    code: 'bad-argument',
    doing: 'looking for the replica',
    wrong: `there is none called ${quote(name)}`,
    state: 'Nothing changed.',
    next: `The configuration has ${all.map((each) => each.name).join(', ')}.`,
  });
}
