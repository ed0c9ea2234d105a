import { type AddressInfo, createServer } from 'node:net';
import { inspect } from 'node:util';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import type { Log, LogFields } from '../../src/core/log.ts';
import { app, channels, people } from '../../src/playground/slack/seed.ts';
import {
  type SlackStandIn,
  type SlackOptions as StandInOptions,
  startSlack,
} from '../../src/playground/slack/start-slack.ts';
import { connectSlack, type SlackAdapter, type SlackOptions } from '../../src/slack/connect-slack.ts';
import { type FakeDispatcher, fakeDispatcher } from './fake-dispatcher.ts';

export interface Bot {
  readonly slack: SlackStandIn;
  readonly bot: SlackAdapter;
  readonly dispatcher: FakeDispatcher;
  readonly logged: LogLine[];
}

export interface LogLine extends LogFields {
  readonly level: string;
  readonly message: string;
}

export const robin = { user: people.requester, channel: channels.platform };
export const ada = { user: people.admin, channel: channels.platform };

/** A clock on which everything takes a part of the time. */
export function fastClock(times: number): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now() * times,
    sleep: (milliseconds, signal) => systemClock.sleep(milliseconds / times, signal),
  };
}

const closing: (() => Promise<unknown>)[] = [];

/** Ends what a test has started, the last first. */
export async function endAll(): Promise<void> {
  for (const close of closing.splice(0).toReversed()) await close();
}

export function keepLog(lines: LogLine[]): Log {
  const at =
    (level: string) =>
    (fields: LogFields, message: string): void =>
      void lines.push({ ...fields, level, message });
  return { trace: at('trace'), debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** The adapter against a stand-in, not started. */
export async function prepareBot(
  options: Partial<SlackOptions> = {},
  standIn: StandInOptions = {},
): Promise<Bot> {
  const slack = await startSlack(standIn);
  closing.push(() => slack.close());
  const logged: LogLine[] = [];
  const bot = connectSlack({
    mode: { mode: 'socket', appToken: app.appToken },
    botToken: app.botToken,
    slackApiUrl: slack.apiUrl,
    commands: { '/secret': 'secret', '/vault': 'vault' },
    clock: systemClock,
    log: keepLog(logged),
    drainWithin: 2_000,
    ...options,
  });
  closing.push(() => bot.close());
  return { slack, bot, dispatcher: fakeDispatcher(), logged };
}

export async function startBot(
  options: Partial<SlackOptions> = {},
  standIn: StandInOptions = {},
): Promise<Bot> {
  const all = await prepareBot(options, standIn);
  await all.bot.start(all.dispatcher);
  if (options.mode === undefined) await all.slack.until(() => all.slack.connections === 2, 'two connections');
  return all;
}

/** What a person sees in a channel now, as text. */
export function seen(slack: SlackStandIn, user: string, channel: string): readonly string[] {
  return slack.conversation(user, channel).map(({ text }) => text);
}

export function everything(value: unknown): string {
  return inspect(value, { depth: 20, breakLength: Infinity, maxStringLength: Infinity, showHidden: true });
}

const signingSecret = app.signingSecret;

/** The adapter behind signed HTTP requests. */
export async function startHttpBot(
  skewSeconds = 0,
  options: Partial<SlackOptions> = {},
): Promise<Bot & { readonly port: number; readonly requestUrl: string }> {
  const port = await freePort();
  const requestUrl = `http://127.0.0.1:${port}/slack/events`;
  const mode = { mode: 'http', signingSecret, port, path: '/slack/events' } as const;
  const bot = await startBot({ mode, ...options });
  bot.slack.deliverTo({ requestUrl, signingSecret, skewSeconds });
  return { ...bot, port, requestUrl };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
