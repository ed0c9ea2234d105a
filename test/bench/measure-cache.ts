import { seedHomelab } from '../../src/playground/kubernetes/seed-homelab.ts';
import { seedSynthetic } from '../../src/playground/kubernetes/seed-synthetic.ts';
import { channels, people } from '../../src/playground/slack/seed.ts';
import type { SlackStandIn } from '../../src/playground/slack/start-slack.ts';
import { startWorld, type World } from '../../src/playground/start-world.ts';
import { milliseconds, type Row } from './report.ts';
import { type Child, freePort, pause, startChild, untilReady } from './start-child.ts';
import { median, percentile } from './statistics.ts';

const externalSecrets = 10_000;
const warmUps = 5;
const rounds = 30;

/**
 * The bundle with 10,000 ExternalSecrets in its cache: how soon it is ready, how much memory it keeps, and how long
 * `/secret list` takes from the slash command to its answer in Slack.
 */
export async function measureFullCache(bundle: string): Promise<readonly Row[]> {
  const port = await freePort();
  const objects = [...seedHomelab().objects, ...seedSynthetic(externalSecrets).objects];
  const world = await startWorld({ rateLimits: false, seed: { objects }, configuration: { web: { port } } });
  const started = performance.now();
  const bot = startChild([bundle, '--config', world.config], { env: world.env });
  try {
    await untilReady(port, bot);
    const ready = performance.now() - started;
    const idle = await settledMemory(bot);
    const first = await ask(world.slack, '/secret list');
    const all = await askOften(world.slack, '/secret list');
    const some = await askOften(world.slack, '/secret list synthetic-07');
    const afterwards = await settledMemory(bot);
    await bot.stop();
    const plain = await memoryWithoutSettings(bundle, world, port);
    return [
      {
        what: `/secret list, ${externalSecrets} ExternalSecrets`,
        measured: `${describe(all)}, the first ${milliseconds(first)}`,
        target: 'p99 < 100 ms',
        met: percentile(all, 99) < 100,
      },
      { what: '/secret list of one namespace, 200 of them', measured: describe(some) },
      { what: `start to ready, bundle, ${externalSecrets} ExternalSecrets`, measured: milliseconds(ready) },
      ...memoryRows(idle, afterwards, plain),
    ];
  } finally {
    await bot.stop();
    await world.close();
  }
}

/** The same at rest without what the image sets. */
async function memoryWithoutSettings(
  bundle: string,
  world: World,
  port: number,
): Promise<number | undefined> {
  const bot = startChild([bundle, '--config', world.config], { env: world.env, plain: true });
  try {
    await untilReady(port, bot);
    return await settledMemory(bot);
  } finally {
    await bot.stop();
  }
}

function memoryRows(idle?: number, afterwards?: number, plain?: number): readonly Row[] {
  const what = `resident memory of the bundle, ${externalSecrets} ExternalSecrets`;
  if (idle === undefined || afterwards === undefined || plain === undefined)
    return [{ what, measured: 'not measured: no /proc here' }];
  return [
    {
      what,
      measured: `${idle.toFixed(0)} MB at rest, ${afterwards.toFixed(0)} MB after ${2 * (warmUps + rounds) + 1} lists`,
      target: '< 160 MB',
      met: Math.max(idle, afterwards) < 160,
    },
    { what: '  without the image’s settings', measured: `${plain.toFixed(0)} MB at rest` },
  ];
}

/** Memory once it has not moved by more than a hundredth for two seconds, or after ten. */
async function settledMemory(bot: Child): Promise<number | undefined> {
  let last = bot.residentMb();
  let calm = 0;
  for (let look = 0; look < 20 && calm < 4; look += 1) {
    await pause(500);
    const now = bot.residentMb();
    if (now === undefined || last === undefined) return undefined;
    calm = Math.abs(now - last) < last / 100 ? calm + 1 : 0;
    last = now;
  }
  return last;
}

async function askOften(slack: SlackStandIn, text: string): Promise<readonly number[]> {
  const times: number[] = [];
  for (let round = -warmUps; round < rounds; round += 1) {
    const took = await ask(slack, text);
    if (round >= 0) times.push(took);
  }
  return times;
}

/** From the slash command to its answer, which only the person sees. */
async function ask(slack: SlackStandIn, text: string): Promise<number> {
  const began = performance.now();
  const answered = new Promise<number>((resolve) => {
    const stop = slack.onChange((change) => {
      if (change.kind !== 'message' || change.onlyFor !== people.admin) return;
      stop();
      resolve(performance.now() - began);
    });
  });
  await slack.say({ user: people.admin, channel: channels.platform, text });
  return answered;
}

function describe(times: readonly number[]): string {
  return `median ${milliseconds(median(times))}, p99 ${milliseconds(percentile(times, 99))}`;
}
