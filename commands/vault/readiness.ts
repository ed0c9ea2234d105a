import { z } from 'zod';
import type { Card } from '../../src/core/card.ts';
import { defineCommand } from '../../src/core/command.ts';
import { isFault } from '../../src/core/errors.ts';
import { judgeReadiness } from '../../src/core/recovery/judge-readiness.ts';

/** What a restore takes, and what is known of each: seen by the bot, or attested by a person. */
export const readiness = defineCommand({
  name: 'vault readiness',
  summary: 'Show what a recovery of Vault needs, each with its evidence or who attested it, and when',
  details:
    'Snapshots and replicas are looked at. What the bot has no right to see is attested by a person with `/vault attest`, and holds for a while.',
  examples: ['vault readiness'],
  may: 'read',
  effect: 'read',
  args: z.object({}),
  words: [],
  async handler({ vault, cluster, recovery, clock, call }) {
    const [replicas, snapshots, attestations] = await Promise.all([
      vault.replicas(call),
      orWhy(cluster.snapshots?.look(call) ?? 'the configuration names no CronJob that takes them'),
      orWhy(recovery.attestations.list(call)),
    ]);
    const { shareHolders, maxAgeMs } = recovery;
    const steps = judgeReadiness({
      now: clock.now(),
      snapshots,
      maxAgeMs,
      replicas,
      attestations,
      shareHolders,
    });
    return { card: cardOf(steps) };
  },
});

/** What keeps one thing from being seen is said in its place. */
async function orWhy<Seen>(looked: Promise<Seen> | string): Promise<Seen | string> {
  try {
    return await looked;
  } catch (error) {
    if (!isFault(error)) throw error;
    return error.wrong;
  }
}

function cardOf(steps: Card['steps'] & {}): Card {
  const ready = steps.filter(({ state }) => state === 'done').length;
  const isReady = ready === steps.length;
  return {
    state: isReady ? 'success' : 'warning',
    title: isReady
      ? 'Vault can be recovered, as far as it can be told'
      : `Recovery of Vault: ${ready} of ${steps.length} things are as they should be`,
    steps,
    lines: ['How to restore: docs/runbooks/restore.md, which a test runs on real servers.'],
    actions: [{ label: 'Take a snapshot', command: 'vault snapshot' }],
  };
}
