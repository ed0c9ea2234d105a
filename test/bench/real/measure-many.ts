import { Agent, request } from 'undici';
import type { Plan } from '../plan.ts';
import type { Row } from '../report.ts';
import { addSecrets, ask, openSide, type RealBench, type Side, startBot } from './open-bench.ts';
import { leastOf } from './plan-least.ts';
import { startLoop } from './repeat.ts';

const atOnce = 32;
const rotations = atOnce * 6;
const writes = atOnce * 40;

/** Rotations with many at once, beside what OpenBao can write and what External Secrets can deliver at all. */
export async function measureMany(bench: RealBench, plan: Plan): Promise<readonly Row[]> {
  const [ofBot, ofLoop] = [await openSide(), await openSide()];
  const names = (who: string): readonly string[] =>
    Array.from({ length: rotations }, (_, index) => `${who}-${String(index).padStart(4, '0')}`);
  const [byBot, byLoop, byLeast] = [names('many-b'), names('many-s'), names('many-l')];
  await addSecrets(bench, [...byBot, ...byLoop, ...byLeast]);
  const same = await startLoop(bench, ofLoop, plan);
  const least = await startLoop(bench, ofLoop, leastOf(plan));
  const bot = await startBot(bench, ofBot);
  try {
    const bare = await perSecond(writes, () => writeBare(bench, byLeast));
    const ofLeast = await perSecond(rotations, () => least.repeat(byLeast, atOnce));
    const ofSame = await perSecond(rotations, () => same.repeat(byLoop, atOnce));
    const ofAll = await perSecond(rotations, () => rotateAll(ofBot, byBot));
    return rowsOf({ bare, ofLeast, ofSame, ofAll });
  } finally {
    await Promise.all([bot.stop(), same.stop(), least.stop()]);
    await Promise.all([ofBot.slack.close(), ofLoop.slack.close()]);
  }
}

async function perSecond(count: number, work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (count / (performance.now() - began)) * 1000;
}

/** PATCHes of one property as the bot's role sends them, over connections that are kept, and nothing else. */
async function writeBare({ cluster, vaultToken }: RealBench, names: readonly string[]): Promise<void> {
  const dispatcher = new Agent({ connections: atOnce });
  const one = async (name: string): Promise<void> => {
    for (let version = 1; version <= writes / atOnce; version += 1) {
      const response = await request(`${cluster.vault.address}/v1/kv/data/bench/${name}`, {
        method: 'PATCH',
        headers: { 'x-vault-token': vaultToken, 'content-type': 'application/merge-patch+json' },
        body: JSON.stringify({ options: { cas: version }, data: { 'api-key': `value-${version}` } }),
        dispatcher,
      });
      await response.body.dump();
      if (response.statusCode !== 200) throw new Error(`a bare write was answered ${response.statusCode}`);
    }
  };
  await Promise.all(names.slice(0, atOnce).map(one));
  await dispatcher.close();
}

/** As many people as that, each with one command, and the next when one has its end. */
async function rotateAll(side: Side, names: readonly string[]): Promise<void> {
  const texts: string[] = [];
  for (let from = 0; from < names.length; from += atOnce) {
    const some = names.slice(from, from + atOnce);
    const ended = side.finals.next(some.length, 120_000);
    await Promise.all(some.map((name) => ask(side, `/secret rotate bench/${name} api-key`)));
    texts.push(...(await ended));
  }
  const wrong = texts.filter((text) => !text.startsWith('✓'));
  if (wrong.length > 0) throw new Error(`${wrong.length} rotations went wrong, such as: ${wrong[0]}`);
}

function rowsOf({
  bare,
  ofLeast,
  ofSame,
  ofAll,
}: Readonly<Record<'bare' | 'ofLeast' | 'ofSame' | 'ofAll', number>>): readonly Row[] {
  const rate = (value: number): string => `${value.toFixed(value < 100 ? 1 : 0)} a second`;
  return [
    { what: `${atOnce} at once: bare writes to the same OpenBao`, measured: rate(bare) },
    { what: `${atOnce} at once: the least until live, in a bare loop`, measured: rate(ofLeast) },
    { what: `${atOnce} at once: all calls of the bot in a bare loop`, measured: rate(ofSame) },
    { what: `${atOnce} at once: rotations by Chatelaine`, measured: rate(ofAll) },
    { what: '  as a ratio to the same calls in a bare loop', measured: (ofAll / ofSame).toFixed(2) },
    { what: '  as a ratio to the least until live', measured: (ofAll / ofLeast).toFixed(2) },
    {
      what: '  as a ratio to the bare writes',
      measured: (ofAll / bare).toFixed(2),
      target: '≥ 0.8',
      met: ofAll / bare >= 0.8,
    },
  ];
}
