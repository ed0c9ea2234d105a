import { join } from 'node:path';
import { startWorld, type World } from '../../src/playground/start-world.ts';
import { milliseconds, type Row } from './report.ts';
import { freePort, startChild, untilReady } from './start-child.ts';
import { median, percentile } from './statistics.ts';

const rounds = 7;

/** From the start of the process until /readyz says so: caches filled, Slack connected. In turn, the first of each left out. */
export async function measureStart(bundle: string): Promise<readonly Row[]> {
  const port = await freePort();
  const world = await startWorld({ rateLimits: false, configuration: { web: { port } } });
  const source = join(import.meta.dirname, '../../src/main.ts');
  const times = { bundle: [] as number[], source: [] as number[] };
  try {
    for (let round = -1; round < rounds; round += 1) {
      const one = await startOnce(world, port, bundle);
      const other = await startOnce(world, port, source);
      if (round < 0) continue;
      times.bundle.push(one);
      times.source.push(other);
    }
  } finally {
    await world.close();
  }
  const describe = (all: readonly number[]): string =>
    `median ${milliseconds(median(all))}, slowest ${milliseconds(percentile(all, 100))}`;
  return [
    { what: 'start to ready, bundle', measured: describe(times.bundle) },
    { what: 'start to ready, source', measured: describe(times.source) },
  ];
}

async function startOnce(world: World, port: number, file: string): Promise<number> {
  const began = performance.now();
  const bot = startChild([file, '--config', world.config], { env: world.env });
  try {
    await untilReady(port, bot);
    return performance.now() - began;
  } finally {
    await bot.stop();
  }
}
