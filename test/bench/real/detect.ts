import { vaultCall } from '../../real/support.ts';
import type { Replica } from '../../servers/raft-vault.ts';
import { until } from '../../servers/until.ts';
import { milliseconds, type Row } from '../report.ts';
import { median, percentile } from '../statistics.ts';
import { openWatchSite, type WatchSite } from './watch-site.ts';

const rounds = 8;
const sealed = 2_000;
const crashed = 6_000;

/** From the seal or the crash of Vault's active replica until its alert is in the channel, at the usual polling. */
export async function measureDetection(): Promise<readonly Row[]> {
  const world = await openWatchSite();
  const { site } = world;
  try {
    await (await site.start()).ready;
    const seals: number[] = [];
    const crashes: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      seals.push(await detect(world, sealNow));
      crashes.push(await detect(world, killNow, startAgain));
    }
    return [rowOf('a seal', seals, sealed), rowOf('a crash', crashes, crashed)];
  } finally {
    await world.close();
  }
}

/** Loses the active replica; resolves as soon as it is seen to be lost. */
type Lose = (world: WatchSite, active: Replica) => Promise<void>;

/** Milliseconds until the alert, after which all is brought back and the incident ended. */
async function detect(world: WatchSite, lose: Lose, mend: Lose = async () => undefined): Promise<number> {
  const active = await world.vault.active();
  const before = world.alerts().length;
  await lose(world, active);
  const began = performance.now();
  await world.untilTold({ before });
  const took = performance.now() - began;
  await mend(world, active);
  await world.vault.unseal(active);
  await world.untilTold({ words: 'it took' });
  return took;
}

async function killNow({ vault }: WatchSite, active: Replica): Promise<void> {
  await vault.kill(active);
}

async function startAgain({ vault }: WatchSite, active: Replica): Promise<void> {
  await vault.start(active);
}

/** OpenBao takes a while from the request to the seal: it counts from when the replica says so itself. */
async function sealNow({ vault }: WatchSite, active: Replica): Promise<void> {
  void vaultCall(active.address, vault.rootToken)('PUT', 'sys/seal').catch(() => undefined);
  const isSealed = async (): Promise<boolean> =>
    (await vaultCall(active.address)('GET', 'sys/seal-status')).body.sealed;
  await until(isSealed, { what: `${active.name} to be sealed`, pollMs: 5 });
}

function rowOf(what: string, times: readonly number[], most: number): Row {
  const longest = percentile(times, 100);
  return {
    what: `${what} of the active replica of Vault, until its alert is in the channel (${times.length} times)`,
    measured: `median ${milliseconds(median(times))}, longest ${milliseconds(longest)}`,
    target: `≤ ${most / 1_000} s`,
    met: longest <= most,
  };
}
