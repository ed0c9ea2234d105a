import { z } from 'zod';
import { defineCommand } from '../../src/core/command.ts';
import { ChatelaineError } from '../../src/core/errors.ts';
import { formatObjectName } from '../../src/core/names.ts';

/** Longer than the Job's own activeDeadlineSeconds, and shorter than a command may take. */
const waitMs = 14 * 60_000;

/** Has one more Raft snapshot taken now, by the Job that the CronJob would make. The bot never has it in hands. */
export const snapshot = defineCommand({
  name: 'vault snapshot',
  summary: 'Have a Raft snapshot taken now, by the CronJob that takes them, and wait for it',
  details:
    'The bot has no right to a snapshot: it makes a Job that is an exact copy of the CronJob’s, which an admission policy holds it to. ' +
    'A freeze does not stop it.',
  examples: ['vault snapshot'],
  may: 'snapshot',
  effect: 'write',
  // It changes no secret, and is what one wants most while everything stands still.
  whileFrozen: 'runs',
  args: z.object({}),
  words: [],
  async handler({ cluster, actor, requestId, place, operations }) {
    const { snapshots } = cluster;
    if (snapshots === undefined) throw notConfigured();
    const shown = await operations.start({
      id: requestId,
      kind: 'snapshot',
      state: { cronJob: formatObjectName(snapshots.cronJob), waitMs },
      actor,
      requestId,
      place,
      locks: [{ key: 'snapshot', what: 'a snapshot of Vault' }],
    });
    return shown === undefined ? {} : { shown };
  },
});

function notConfigured(): ChatelaineError {
  return new ChatelaineError({
    code: 'config-invalid',
    doing: 'asking for a snapshot',
    wrong: 'the configuration has no section recovery: the bot knows of no CronJob that takes them',
    state: 'Nothing changed.',
    next: 'Add it, and manifests/vault-snapshots to the cluster; docs/configuration.md has an example.',
  });
}
