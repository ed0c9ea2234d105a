import { createWriteStream } from 'node:fs';
import { loadConfiguration } from '../config/load-configuration.ts';
import { systemClock } from '../core/clock.ts';
import { createLog } from '../logging.ts';
import { startBot } from '../start.ts';
import { version } from '../version.ts';
import { panelsOf, switchesOf } from './behind-the-scenes.ts';
import type { Received } from './http-stand-in.ts';
import { startPage } from './page/start-page.ts';
import { type PlaygroundOptions, readOptions, usage } from './read-options.ts';
import { channels, people } from './slack/seed.ts';
import { startWorld, type World } from './start-world.ts';
import { converse, findPerson } from './text-client.ts';
import { waitFor } from './wait-for.ts';

/*
 * `npm run playground`: the real bot against stand-ins for Slack, Vault and Kubernetes, with a page to use it on,
 * or with --say a conversation as text.
 */

interface Running {
  readonly world: World;
  readonly close: () => Promise<void>;
}

async function start(transcript: string | undefined): Promise<Running> {
  const file = transcript === undefined ? undefined : createWriteStream(transcript, { flags: 'w' });
  const record = (received: Received): void => {
    file?.write(`${JSON.stringify({ at: new Date().toISOString(), ...received })}\n`);
  };
  const world = await startWorld(file === undefined ? {} : { record });
  const loaded = loadConfiguration(world.config, { env: world.env });
  const log = createLog(loaded.configuration.log.level, version, {
    write: (line) => void process.stderr.write(line),
  });
  const bot = await startBot({ loaded, clock: systemClock, log, version });
  await waitFor(() => bot.troubles().length === 0, 'the bot to be ready', 20_000);
  return {
    world,
    async close() {
      await bot.close();
      await world.close();
      if (file !== undefined) await new Promise((resolve) => file.end(resolve));
    },
  };
}

/** Says every line and resolves with whether the last card was a success. */
async function speak(options: PlaygroundOptions): Promise<boolean> {
  const { world, close } = await start(options.transcript);
  try {
    const { slack } = world;
    const { id: user } = findPerson(slack.seed, options.as);
    let good = false;
    for (const line of options.say) {
      const write = (text: string): void => void process.stdout.write(`${text}\n`);
      good = await converse({ slack, user, channel: channels.platform, write }, line);
    }
    return good;
  } finally {
    await close();
  }
}

async function serve(options: PlaygroundOptions): Promise<void> {
  const { world, close } = await start(options.transcript);
  const page = await startPage({
    port: options.port,
    slack: world.slack,
    panels: panelsOf(world),
    switches: switchesOf(world),
    user: people.requester,
    roles: {
      [people.requester]: 'may rotate in media and home',
      [people.admin]: 'may do everything',
      [people.viewer]: 'may look',
      [people.guest]: 'guest: may not',
      [people.stranger]: 'from another workspace: may not',
    },
    examples: ['/secret rotate media/jellyfin api-key', '/secret rotate', '/secret list', '/vault status'],
  });
  process.stdout.write(`The playground is at ${page.url}\nCtrl-C ends it.\n`);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
  await page.close();
  await close();
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  if (options.say.length > 0) return (await speak(options)) ? 0 : 1;
  await serve(options);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`playground: ${error instanceof Error ? error.message : 'it could not start'}\n`);
  process.exitCode = 2;
}
process.exit();
