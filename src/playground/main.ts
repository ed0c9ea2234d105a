import { createWriteStream } from 'node:fs';
import { loadConfiguration } from '../config/load-configuration.ts';
import { systemClock } from '../core/clock.ts';
import { createLog } from '../logging.ts';
import { type Bot, startBot } from '../start.ts';
import { version } from '../version.ts';
import type { Received } from './http-stand-in.ts';
import { type PlaygroundOptions, readOptions, usage } from './read-options.ts';
import { openRealScene } from './real/open-scene.ts';
import type { Scene } from './scene.ts';
import { serve } from './serve.ts';
import { speak } from './speak.ts';
import { openStandInScene } from './stand-in-scene.ts';
import { startServers } from './start-servers.ts';
import { waitFor } from './wait-for.ts';

/*
 * `npm run playground`: the real bot against stand-ins for Slack, Vault, Kubernetes and the Git host, with a page to use it on,
 * or with --say a conversation as text. With --real only Slack is a stand-in.
 */

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

interface Transcript {
  readonly record?: (received: Received) => void;
  close(): Promise<void>;
}

function openTranscript(path: string | undefined): Transcript {
  if (path === undefined) return { close: () => Promise.resolve() };
  const file = createWriteStream(path, { flags: 'w' });
  return {
    record: (received) =>
      void file.write(`${JSON.stringify({ at: new Date().toISOString(), ...received })}\n`),
    close: () => new Promise((resolve) => file.end(resolve)),
  };
}

async function startBotIn({ config, env }: Scene): Promise<Bot> {
  const loaded = loadConfiguration(config, { env });
  const log = createLog(loaded.configuration.log.level, version, {
    write: (line) => void process.stderr.write(line),
  });
  const bot = await startBot({ loaded, clock: systemClock, log, version });
  try {
    await waitFor(() => bot.troubles().length === 0, 'the bot to be ready', 20_000);
  } catch (error) {
    await bot.close();
    throw error;
  }
  return bot;
}

/** Plays until it is over, and takes everything down, whatever happened. */
async function play(options: PlaygroundOptions): Promise<number> {
  const transcript = openTranscript(options.transcript);
  const seen = transcript.record === undefined ? {} : { record: transcript.record };
  const scene = options.real
    ? await openRealScene(await startServers(tell), { ...seen, tell })
    : await openStandInScene(seen);
  try {
    const bot = await startBotIn(scene);
    try {
      if (options.lines.length > 0) return (await speak(scene, options)) ? 0 : 1;
      await serve(scene, options.port);
      return 0;
    } finally {
      await bot.close();
    }
  } finally {
    await scene.close();
    await transcript.close();
  }
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (!options.help) return play(options);
  process.stdout.write(usage);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  tell(`playground: ${error instanceof Error ? error.message : 'it could not start'}`);
  process.exitCode = 2;
}
process.exit();
