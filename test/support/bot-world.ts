import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { stringify } from 'yaml';
import { readConfiguration } from '../../src/config/load-configuration.ts';
import { systemClock } from '../../src/core/clock.ts';
import { createLog } from '../../src/logging.ts';
import type { Received } from '../../src/playground/http-stand-in.ts';
import { channels, people } from '../../src/playground/slack/seed.ts';
import { startWorld, type World, type WorldOptions } from '../../src/playground/start-world.ts';
import { converse } from '../../src/playground/text-client.ts';
import { waitFor } from '../../src/playground/wait-for.ts';
import { type Bot, startBot } from '../../src/start.ts';

/** The whole bot in this process, over real sockets against the stand-ins. */
export interface BotWorld extends World {
  readonly bot: Bot;
  /** Everything the stand-ins received. */
  readonly transcript: readonly Received[];
  /** The bot's log at trace level. */
  log(): string;
  /** Says a line as a person and resolves with what they were answered, as text, and whether the last card is a success. */
  say(text: string, as?: string): Promise<{ readonly text: string; readonly good: boolean }>;
  /** Another replica of the bot over the same world. */
  startReplica(): Promise<Bot>;
}

export interface BotWorldOptions extends WorldOptions {
  readonly limits?: object;
  /** 200 unless told, so that many cards in a row don't wait for their last state. */
  readonly editsPerMinute?: number;
  /** Puts the world out of order before the bot starts; then the bot need not become ready. */
  readonly outOfOrder?: (world: World) => void;
}

/** Starts the stand-ins and the bot, quick and without pauses between rotations; `close` ends all of it. */
export async function startBotWorld(options: BotWorldOptions = {}): Promise<BotWorld> {
  const transcript: Received[] = [];
  const world = await startWorld({
    rateLimits: false,
    ...options,
    timing: { reconcileMs: 20, spreadMs: 10, rolloutMs: 100, reloaderMs: 20, ...options.timing },
    record: (received) => {
      transcript.push(received);
      options.record?.(received);
    },
    configuration: {
      limits: { pauseSeconds: 0, rotationsPerDay: 50, syncSeconds: 5, rolloutSeconds: 5, ...options.limits },
      // All of it is one process: on a busy machine it stands still for longer than a second.
      operations: { leaseSeconds: 10 },
      // Alerts would be taken for answers; tests that want them say so.
      alerts: undefined,
      ...options.configuration,
    },
  });
  let lines = '';
  const sink = new PassThrough();
  sink.on('data', (chunk: Buffer) => {
    lines += chunk.toString();
  });
  const log = createLog('trace', 'test', sink);
  const start = async (): Promise<Bot> => {
    const { slack, ...rest } = world.configuration as { readonly slack: object };
    const quick = { ...rest, slack: { editsPerMinute: options.editsPerMinute ?? 200, ...slack } };
    const loaded = readConfiguration(stringify(quick), world.config, {
      env: world.env,
      readFile: (path) => readFileSync(path, 'utf8'),
    });
    const bot = await startBot({ loaded, clock: systemClock, log, version: 'test' });
    const isUp = (): boolean => options.outOfOrder !== undefined || bot.troubles().length === 0;
    await waitFor(isUp, 'the bot to be ready', 10_000);
    return bot;
  };
  options.outOfOrder?.(world);
  const bot = await start();
  const replicas: Bot[] = [];
  return {
    ...world,
    get slack() {
      return world.slack;
    },
    bot,
    transcript,
    log: () => lines,
    async say(text, as: string = people.admin) {
      const said: string[] = [];
      const write = (line: string): void => void said.push(line);
      const good = await converse({ slack: world.slack, user: as, channel: channels.platform, write }, text);
      return { text: said.join('\n'), good };
    },
    async startReplica() {
      const replica = await start();
      replicas.push(replica);
      return replica;
    },
    async close() {
      await Promise.all([bot, ...replicas].map((each) => each.close()));
      await world.close();
    },
  };
}
