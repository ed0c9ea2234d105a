import type { Plan } from '../plan.ts';
import { milliseconds, type Row } from '../report.ts';
import { median, pairedRatio, percentile } from '../statistics.ts';
import { addSecrets, ask, openSide, type RealBench, type Side, startBot } from './open-bench.ts';
import { leastOf } from './plan-least.ts';
import { startLoop } from './repeat.ts';
import { prepareScript } from './run-script.ts';

/** Enough for all programs to be compiled where it matters. */
const warmUps = 10;
const rounds = 40;
/** A script takes a second of a busy machine, and always as long. */
const scriptRounds = 12;

type Who = 'bot' | 'same' | 'least' | 'script';

/**
 * From the slash command until the new value is in the Secret and the card says so, and the same by others, in turn:
 * a loop of the same HTTP calls, a loop of the four that nobody can do without, and a shell script.
 */
export async function measureLive(bench: RealBench, plan: Plan): Promise<readonly Row[]> {
  const [ofBot, ofLoop] = [await openSide(), await openSide()];
  const names = (who: Who, count: number): readonly string[] =>
    Array.from({ length: count }, (_, index) => `${who.padEnd(6, 'x')}-${String(index).padStart(4, '0')}`);
  const apps = {
    bot: names('bot', rounds + warmUps),
    same: names('same', rounds + warmUps),
    least: names('least', rounds + warmUps),
    script: names('script', scriptRounds + 2),
  };
  await addSecrets(bench, Object.values(apps).flat());
  const bot = await startBot(bench, ofBot);
  const same = await startLoop(bench, ofLoop, plan);
  const least = await startLoop(bench, ofLoop, leastOf(plan));
  const script = await prepareScript(bench);
  const run: Readonly<Record<Who, ((app: string) => Promise<unknown>) | undefined>> = {
    bot: (app) => rotateByBot(ofBot, app),
    same: (app) => same.repeat([app]),
    least: (app) => least.repeat([app]),
    script,
  };
  try {
    const samples = await inTurn(run, apps);
    return rowsOf(samples);
  } finally {
    await Promise.all([bot.stop(), same.stop(), least.stop()]);
    await Promise.all([ofBot.slack.close(), ofLoop.slack.close()]);
  }
}

/** One rotation by the whole bot, until Slack has its final card. Throws when that is no success. */
async function rotateByBot(side: Side, app: string): Promise<void> {
  const ended = side.finals.next(1, 60_000);
  const asked = ask(side, `/secret rotate bench/${app} api-key`);
  const [text = ''] = await ended;
  await asked;
  if (!text.startsWith('✓')) throw new Error(`a rotation went wrong: ${text}`);
}

async function inTurn(
  run: Readonly<Record<Who, ((app: string) => Promise<unknown>) | undefined>>,
  apps: Readonly<Record<Who, readonly string[]>>,
): Promise<Readonly<Record<Who, readonly number[]>>> {
  const samples: Record<Who, number[]> = { bot: [], same: [], least: [], script: [] };
  for (let round = 0; round < rounds + warmUps; round += 1) {
    for (const who of ['bot', 'same', 'least', 'script'] as const) {
      const app = apps[who][round];
      const once = run[who];
      if (app === undefined || once === undefined) continue;
      const began = performance.now();
      await once(app);
      if (round >= (who === 'script' ? 2 : warmUps)) samples[who].push(performance.now() - began);
    }
  }
  return samples;
}

function rowsOf(samples: Readonly<Record<Who, readonly number[]>>): readonly Row[] {
  const show = (who: Who): string =>
    samples[who].length === 0
      ? 'not measured: there is no kubectl'
      : `median ${milliseconds(median(samples[who]))}, p99 ${milliseconds(percentile(samples[who], 99))}`;
  const judge = (what: string, ratio: number, most: number): Row => ({
    what,
    measured: ratio.toFixed(2),
    target: `≤ ${most}`,
    met: ratio <= most,
  });
  const { bot, same, least, script } = samples;
  return [
    { what: 'rotate until live, the least: four calls in a bare loop', measured: show('least') },
    { what: 'rotate until live, all calls of the bot in a bare loop', measured: show('same') },
    { what: "rotate until live, an expert's shell script", measured: show('script') },
    { what: 'rotate until live, Chatelaine', measured: show('bot') },
    judge('  as a ratio to the same calls', pairedRatio(bot, same), 1.25),
    { what: '  as a ratio to the least', measured: pairedRatio(bot, least).toFixed(2) },
    ...(script.length === 0 ? [] : [judge('  as a ratio to the script', median(bot) / median(script), 0.35)]),
  ];
}
