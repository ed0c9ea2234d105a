import { fileURLToPath } from 'node:url';
import { app as slackApp } from '../../../src/playground/slack/seed.ts';
import { bot } from '../../servers/cluster.ts';
import type { Plan } from '../plan.ts';
import type { Again, Begin } from '../repeat-calls.ts';
import { nextMessage, startChild } from '../start-child.ts';
import type { RealBench, Side } from './open-bench.ts';

/** A bare loop in a process of its own. */
export interface Loop {
  /** Resolves when it has done this for every app. */
  repeat(apps: readonly string[], atOnce?: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a loop that repeats the plan against the real servers, with the bot's own rights. */
export async function startLoop(
  { cluster, vaultToken }: RealBench,
  { slack }: Side,
  plan: Plan,
): Promise<Loop> {
  const child = startChild([fileURLToPath(new URL('../repeat-calls.ts', import.meta.url))], { ipc: true });
  const tell = async (message: Begin | Again): Promise<void> => {
    const answer = nextMessage(child);
    child.process.send(message);
    await answer;
  };
  await tell({
    plan,
    urls: { slack: slack.url, vault: cluster.vault.address, kubernetes: cluster.url },
    tokens: { slack: slackApp.botToken, vault: vaultToken, kubernetes: await cluster.tokenOf(bot) },
    ca: cluster.ca,
  });
  return { repeat: (apps, atOnce = 1) => tell({ apps, atOnce }), stop: () => child.stop() };
}
