import { fileURLToPath } from 'node:url';
import { channels, people, app as slackApp } from '../../src/playground/slack/seed.ts';
import { startWorld, type World } from '../../src/playground/start-world.ts';
import { waitFor } from '../../src/playground/wait-for.ts';
import type { Plan } from './plan.ts';
import { CallRecorder } from './record-calls.ts';
import type { Again, Begin } from './repeat-calls.ts';
import { milliseconds, type Row } from './report.ts';
import { appName, clusterSeed, vaultSeed } from './seed-rotations.ts';
import { type Child, nextMessage, startChild } from './start-child.ts';
import { median, pairedRatio, percentile } from './statistics.ts';

/** Enough for both programs to be compiled where it matters; the first rotation of all is a line of its own. */
const warmUps = 30;
/** While it is recorded every answer takes so long: what is made side by side is then seen side by side. */
const slowMs = 20;

/** How long the cluster takes, and how often it is measured. */
export interface RotationProfile {
  readonly name: string;
  readonly reconcileMs: number;
  readonly rolloutMs: number;
  readonly rounds: number;
  /** At most this ratio; absent where the line only helps to understand another. */
  readonly target?: number;
}

/** One side of the comparison: stand-ins of its own, and who makes the calls. */
interface Side {
  readonly world: World;
  readonly recorder: CallRecorder;
}

interface Sample {
  readonly ms: number;
  readonly calls: number;
}

/**
 * Rotations by the whole bot, from the slash command to its final card, and the same HTTP calls by a bare loop, in
 * turn. Both are processes of their own; the stand-ins are here, a set for each.
 */
export async function measureRotation(profile: RotationProfile): Promise<readonly Row[]> {
  const [ofBot, ofBare] = [await startSide(profile), await startSide(profile)];
  const bot = startChild([scriptPath('./run-bot.ts'), ofBot.world.config], {
    env: ofBot.world.env,
    ipc: true,
  });
  const bare = startChild([scriptPath('./repeat-calls.ts')], { ipc: true });
  try {
    await nextMessage(bot);
    const first = await rotateByBot(ofBot, appName(0));
    const plan = await record(ofBot);
    await tell(bare, beginOf(ofBare, plan));
    const samples = { bot: [] as Sample[], bare: [] as Sample[] };
    let began = { bot: 0, bare: 0 };
    for (let round = -warmUps; round < profile.rounds; round += 1) {
      if (round === 0) began = { bot: await cpuOf(bot), bare: await cpuOf(bare) };
      const app = appName(round + warmUps + 4);
      const one = await rotateByBot(ofBot, app);
      const other = await rotateByLoop(ofBare, bare, app);
      if (round < 0) continue;
      samples.bot.push(one);
      samples.bare.push(other);
    }
    const cpu = {
      bot: ((await cpuOf(bot)) - began.bot) / profile.rounds,
      bare: ((await cpuOf(bare)) - began.bare) / profile.rounds,
    };
    return rowsOf(profile, samples, { cpu, first });
  } finally {
    await Promise.all([bot.stop(), bare.stop()]);
    await Promise.all([ofBot.world.close(), ofBare.world.close()]);
  }
}

function scriptPath(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

async function startSide({ reconcileMs, rolloutMs, rounds }: RotationProfile): Promise<Side> {
  const recorder = new CallRecorder();
  const apps = rounds + warmUps + 4;
  const world = await startWorld({
    rateLimits: false,
    gate: recorder.gate,
    seed: clusterSeed(apps),
    vaultSeed: vaultSeed(apps),
    timing: { reconcileMs, rolloutMs, spreadMs: 0 },
    configuration: { limits: { pauseSeconds: 0, rotationsPerDay: 50, syncSeconds: 10, rolloutSeconds: 20 } },
  });
  world.kubernetes.onChange((change) => {
    recorder.see(change.object, change.type === 'MODIFIED' ? change.previous : undefined);
  });
  return { world, recorder };
}

/** The second rotation: everything that is kept between two of them is known by then. */
async function record(side: Side): Promise<Plan> {
  setSlow(side, slowMs);
  side.recorder.begin();
  await rotateByBot(side, appName(1));
  const plan = side.recorder.plan(appName(1));
  setSlow(side, 0);
  return plan;
}

function setSlow({ world: { slack, vault, kubernetes } }: Side, ms: number): void {
  for (const { faults } of [slack, vault, kubernetes]) faults.slow = ms;
}

async function rotateByBot(side: Side, app: string): Promise<Sample> {
  const { slack } = side.world;
  return timed(side, () =>
    slack.say({
      user: people.admin,
      channel: channels.platform,
      text: `/secret rotate bench/${app} api-key`,
    }),
  );
}

async function rotateByLoop(side: Side, loop: Child, app: string): Promise<Sample> {
  const again: Again = { apps: [app], atOnce: 1 };
  return timed(side, () => tell(loop, again));
}

async function timed({ world, recorder }: Side, start: () => Promise<unknown>): Promise<Sample> {
  const calls = recorder.count;
  const final = recorder.nextFinal();
  const began = performance.now();
  const started = start();
  const text = await within(final);
  const ms = performance.now() - began;
  if (!text.startsWith('✓')) throw new Error(`a rotation went wrong: ${text}`);
  await within(started);
  await waitFor(
    () => recorder.quietFor() > 40 && world.kubernetes.settled(),
    'the world to come to rest',
    10_000,
  );
  return { ms, calls: recorder.count - calls };
}

/** Throws when it takes longer than anything measured here may. */
function within<T>(promise: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => reject(new Error('a rotation did not end')), 30_000);
    promise.finally(() => clearTimeout(timer)).catch(() => undefined);
  });
  return Promise.race([promise, late]);
}

function beginOf({ world }: Side, plan: Plan): Begin {
  return {
    plan,
    urls: { slack: world.slack.url, vault: world.vault.url, kubernetes: world.kubernetes.url },
    tokens: {
      slack: slackApp.botToken,
      vault: world.vault.rootToken,
      kubernetes: world.kubernetes.botToken,
    },
  };
}

function tell(child: Child, message: Begin | Again | 'cpu'): Promise<unknown> {
  const answer = nextMessage(child);
  child.process.send(message);
  return answer;
}

/** Milliseconds of processor time that a child has used. */
async function cpuOf(child: Child): Promise<number> {
  const { user, system } = (await tell(child, 'cpu')) as NodeJS.CpuUsage;
  return (user + system) / 1000;
}

function rowsOf(
  { name, target }: RotationProfile,
  { bot, bare }: { readonly bot: readonly Sample[]; readonly bare: readonly Sample[] },
  { cpu, first }: { readonly cpu: { readonly bot: number; readonly bare: number }; readonly first: Sample },
): readonly Row[] {
  const times = (samples: readonly Sample[]): readonly number[] => samples.map(({ ms }) => ms);
  const both = (samples: readonly Sample[], used: number): string =>
    `median ${milliseconds(median(times(samples)))}, p99 ${milliseconds(percentile(times(samples), 99))}, ` +
    `${median(samples.map(({ calls }) => calls))} calls, ${milliseconds(used)} of CPU`;
  const ratio = pairedRatio(times(bot), times(bare));
  const over = median(times(bot)) - median(times(bare));
  return [
    { what: `rotate (${name}), bare loop`, measured: both(bare, cpu.bare) },
    {
      what: `rotate (${name}), Chatelaine`,
      measured: `${both(bot, cpu.bot)}; the first ${milliseconds(first.ms)}`,
    },
    {
      what: '  as a ratio to the bare loop',
      measured: `${ratio.toFixed(2)} (${milliseconds(over)} more)`,
      ...(target === undefined ? {} : { target: `≤ ${target}`, met: ratio <= target }),
    },
  ];
}
