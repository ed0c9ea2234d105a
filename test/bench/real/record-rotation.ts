import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent } from 'undici';
import { startProxy } from '../../real/record-proxy.ts';
import { bot } from '../../servers/cluster.ts';
import { makeCertificate } from '../../vault/make-certificate.ts';
import type { Plan } from '../plan.ts';
import { pause } from '../start-child.ts';
import { ClusterWatch } from '../watch-cluster.ts';
import { ask, openSide, type RealBench, startBot } from './open-bench.ts';

/** While it is recorded every answer takes so long: what is made side by side is then seen side by side. */
const slowMs = 20;

/** The calls of one rotation by the whole bot, seen by proxies in front of the real servers. The second is recorded. */
export async function recordRotation(
  bench: RealBench,
  [first, second]: readonly [string, string],
): Promise<Plan> {
  const { cluster } = bench;
  const side = await openSide();
  const { recorder } = side;
  let isSlow = false;
  const gate = async (...seen: Parameters<typeof recorder.gate>): Promise<void> => {
    if (seen[0] === 'done' && isSlow) await pause(slowMs);
    recorder.gate(...seen);
  };
  const tls = makeCertificate('localhost');
  const caFile = join(cluster.folder, 'bench-proxy.crt');
  await writeFile(caFile, tls.cert);
  const [vault, kubernetes] = await Promise.all([
    startProxy({ name: 'vault', to: cluster.vault.address, gate }),
    startProxy({ name: 'kubernetes', to: cluster.url, ca: cluster.ca, tls, gate }),
  ]);
  const dispatcher = new Agent({ connect: { ca: cluster.ca } });
  const watch = new ClusterWatch((object, previous) => recorder.see(object, previous));
  await watch.start(cluster.url, await cluster.tokenOf(bot), dispatcher);
  const child = await startBot(bench, side, {
    vault: vault.url,
    kubernetes: kubernetes.url,
    caFile,
    leases: bot.namespace,
  });
  const rotate = async (app: string): Promise<void> => {
    const ended = side.finals.next(1, 30_000);
    await ask(side, `/secret rotate bench/${app} api-key`);
    const [text = ''] = await ended;
    if (!text.startsWith('✓')) throw new Error(`a rotation went wrong: ${text}`);
    while (recorder.quietFor() < 200) await pause(20);
  };
  try {
    await rotate(first);
    isSlow = true;
    side.slack.faults.slow = slowMs;
    recorder.begin();
    await rotate(second);
    return recorder.plan(second);
  } finally {
    await child.stop();
    await dispatcher.destroy();
    await Promise.all([side.slack.close(), vault.close(), kubernetes.close()]);
  }
}
