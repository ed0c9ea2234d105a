import { milliseconds, type Row } from '../report.ts';
import { median } from '../statistics.ts';
import { addSecrets, ask, openSide, type RealBench, type Side, startBot } from './open-bench.ts';

const sizes = [10, 100, 1000] as const;
const repeats = { 10: 5, 100: 3, 1000: 1 } as const;

/** How the time of one sync grows with the ExternalSecrets that read the path. */
export async function measureGrowth(bench: RealBench): Promise<readonly Row[]> {
  for (const size of sizes) await addSecrets(bench, [`wide-${size}`], size);
  const side = await openSide();
  const bot = await startBot(bench, side);
  try {
    const each = new Map<number, number>();
    for (const size of sizes) {
      const taken: number[] = [];
      for (let round = 0; round < repeats[size]; round += 1) taken.push(await syncOnce(side, size));
      each.set(size, median(taken));
    }
    return rowsOf(each);
  } finally {
    await bot.stop();
    await side.slack.close();
  }
}

/** Milliseconds from the command to the card that says that all have it. Throws when it says anything else. */
async function syncOnce(side: Side, size: number): Promise<number> {
  const began = performance.now();
  const ended = side.finals.next(1, 600_000);
  await ask(side, `/secret sync bench/wide-${size}-0`);
  const [text = ''] = await ended;
  if (!text.startsWith('✓')) throw new Error(`a sync went wrong: ${text}`);
  return performance.now() - began;
}

function rowsOf(taken: ReadonlyMap<number, number>): readonly Row[] {
  const perObject = (size: number): number => (taken.get(size) ?? Number.NaN) / size;
  const ratio = perObject(1000) / perObject(10);
  return [
    ...sizes.map((size) => ({
      what: `sync of ${size} ExternalSecrets of one path`,
      measured: `${milliseconds(taken.get(size) ?? Number.NaN)}, ${milliseconds(perObject(size))} each`,
    })),
    {
      what: '  each of 1,000 as a ratio to each of 10',
      measured: ratio.toFixed(2),
      target: 'linear: ≤ 1.1',
      met: ratio <= 1.1,
    },
  ];
}
