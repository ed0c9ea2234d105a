import { fileURLToPath } from 'node:url';
import { app, channels, people } from '../../src/playground/slack/seed.ts';
import { type SlackStandIn, startSlack } from '../../src/playground/slack/start-slack.ts';
import { startWorld } from '../../src/playground/start-world.ts';
import { waitFor } from '../../src/playground/wait-for.ts';
import { milliseconds, type Row } from './report.ts';
import { freePort, nextMessage, startChild, untilReady } from './start-child.ts';
import { median, percentile } from './statistics.ts';

const atOnce = 50;
const rounds = 40;
const warmUps = 8;
const slackLimit = 3_000;

/** What people ask in a hurry. Each is answered as well, from the caches, from Vault, or with a refusal. */
const asked = [
  '/secret status media/jellyfin',
  '/secret uses media/jellyfin',
  '/secret list',
  '/vault status',
  '/secret list media',
  '/secret status nobody/knows',
];

/**
 * The time from a slash command to its acknowledgement with 50 of them at once, for the bot and for a bare Bolt app,
 * round by round in turn. Each is connected to a stand-in of its own in this process.
 */
export async function measureAcknowledgement(bundle: string): Promise<readonly Row[]> {
  const port = await freePort();
  const world = await startWorld({ rateLimits: false, configuration: { web: { port } } });
  const bareSlack = await startSlack({ rateLimits: false });
  const bot = startChild([bundle, '--config', world.config], { env: world.env });
  const bare = startChild(
    [fileURLToPath(new URL('./bolt-only.ts', import.meta.url)), bareSlack.apiUrl, app.botToken, app.appToken],
    { ipc: true },
  );
  try {
    await Promise.all([untilReady(port, bot), nextMessage(bare)]);
    const times = { bot: [] as number[], bare: [] as number[] };
    for (let round = -warmUps; round < rounds; round += 1) {
      const ofBot = await sayMany(world.slack, true);
      const ofBare = await sayMany(bareSlack, false);
      if (round < 0) continue;
      times.bot.push(...ofBot);
      times.bare.push(...ofBare);
    }
    return rowsOf(times);
  } finally {
    await Promise.all([bot.stop(), bare.stop()]);
    await Promise.all([world.close(), bareSlack.close()]);
  }
}

/** Milliseconds of each acknowledgement; resolves when every answer has come as well, so that rounds don't mix. */
async function sayMany(slack: SlackStandIn, answered: boolean): Promise<readonly number[]> {
  const speakers = [people.admin, people.requester, people.viewer];
  let answers = 0;
  const stop = slack.onChange((change) => {
    if (change.kind === 'message') answers += 1;
  });
  const seen = await Promise.all(
    Array.from({ length: atOnce }, (_, index) =>
      slack.say({
        user: speakers[index % speakers.length] ?? people.admin,
        channel: channels.platform,
        text: asked[index % asked.length] ?? '',
      }),
    ),
  );
  if (answered) await waitFor(() => answers >= atOnce, 'every answer', 20_000);
  stop();
  const silent = seen.find(({ kind }) => kind !== 'acknowledged');
  if (silent !== undefined) throw new Error(`a command was not acknowledged: ${silent.kind}`);
  return seen.map(({ tookMs }) => tookMs);
}

function rowsOf({ bot, bare }: { readonly bot: readonly number[]; readonly bare: readonly number[] }): Row[] {
  const [ofBot, ofBare] = [percentile(bot, 99), percentile(bare, 99)];
  const both = (times: readonly number[]): string =>
    `median ${milliseconds(median(times))}, p99 ${milliseconds(percentile(times, 99))}`;
  return [
    { what: `acknowledgement, ${atOnce} at once, bare Bolt app`, measured: both(bare) },
    {
      what: `acknowledgement, ${atOnce} at once, Chatelaine`,
      measured: both(bot),
      target: `slowest < ${slackLimit} ms (${milliseconds(Math.max(...bot))})`,
      met: Math.max(...bot) < slackLimit,
    },
    {
      what: '  p99 as a ratio to the bare app',
      measured: (ofBot / ofBare).toFixed(2),
      target: '≤ 2',
      met: ofBot / ofBare <= 2,
    },
  ];
}
