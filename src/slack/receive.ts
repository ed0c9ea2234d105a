import { App, type Logger, type Receiver, SocketModeReceiver } from '@slack/bolt';
import type { Clock } from '../core/clock.ts';
import { ChatelaineError, describeUnknown } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { clientOptions, type Fetch, slackFault, troubleOf } from './call-slack.ts';
import type { Identity } from './identify-app.ts';
import { createHttpReceiver } from './receive-http.ts';
import { superviseConnection } from './supervise-connection.ts';
import { waitWithin } from './wait-within.ts';

/** How requests reach us: over connections that we open, or over signed HTTP. */
export type SlackMode =
  | { readonly mode: 'socket'; readonly appToken: string }
  | { readonly mode: 'http'; readonly signingSecret: string; readonly port: number; readonly path: string };

export interface ReceiveOptions {
  readonly mode: SlackMode;
  readonly identity: Identity;
  readonly apiUrl?: string | undefined;
  readonly fetch?: Fetch | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly logger: Logger;
  readonly random: () => number;
}

export interface Receiving {
  readonly app: App;
  /** Begins to receive. Throws slack-refused when Slack refuses the token; while Slack is down it goes on trying. */
  start(): Promise<void>;
  /** Receives nothing more. */
  stop(): Promise<void>;
  /** Connections that are up. */
  connections(): number;
  troubles(): readonly string[];
}

const firstUpWithin = 10_000;
const stopWithin = 3_000;
/** Two, because Slack refreshes each of them every few hours, and a command that finds none fails for the person. */
const connectionNames = ['first', 'second'] as const;

/** Receives what Slack sends, in the way that the configuration chose. */
export function createReceiving(options: ReceiveOptions): Receiving {
  return options.mode.mode === 'socket'
    ? receiveOverSockets(options, options.mode.appToken)
    : receiveOverHttp(options, options.mode);
}

function receiveOverSockets(options: ReceiveOptions, appToken: string): Receiving {
  const { clock, log, logger, random } = options;
  const app = createApp(options, noReceiver);
  const makeReceiver = (): SocketModeReceiver => {
    const receiver = new SocketModeReceiver({
      appToken,
      logger,
      autoReconnectEnabled: false,
      installerOptions: { clientOptions: ourClientOptions(options) },
    });
    receiver.init(app);
    return receiver;
  };
  let connections: ReturnType<typeof superviseConnection>[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(connections.map((connection) => connection.stop()));
  };
  return {
    app,
    async start() {
      await app.init();
      connections = connectionNames.map((name) =>
        superviseConnection({ name, makeReceiver, clock, log, random }),
      );
      try {
        const anyUp = Promise.any(connections.map(({ firstUp }) => firstUp));
        await waitWithin(clock, firstUpWithin, anyUp);
      } catch (error) {
        await stop();
        const refused = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
        throw slackFault(troubleOf(refused), 'opening Slack connections', 'Nothing is received from Slack.');
      }
    },
    stop,
    connections: () => connections.filter((connection) => connection.isUp()).length,
    troubles: () =>
      connections.map((connection) => connection.trouble()).filter((each) => each !== undefined),
  };
}

function receiveOverHttp(options: ReceiveOptions, mode: Extract<SlackMode, { mode: 'http' }>): Receiving {
  const { clock, logger, log } = options;
  const receiver = createHttpReceiver({ ...mode, clock, logger });
  const app = createApp(options, receiver);
  let listening = false;
  return {
    app,
    async start() {
      await app.init();
      await receiver.start(mode.port).catch((error: unknown) => {
        throw notListening(mode.port, describeUnknown(error));
      });
      listening = true;
      log.info({ count: mode.port }, 'listening for Slack requests');
    },
    async stop() {
      if (!listening) return;
      listening = false;
      await waitWithin(clock, stopWithin, receiver.stop());
    },
    connections: () => (listening ? 1 : 0),
    troubles: () => (listening ? [] : ['not listening for Slack requests']),
  };
}

/** Receivers come and go with their connections; Bolt wants one that stays. */
const noReceiver: Receiver = {
  init: () => undefined,
  start: async () => undefined,
  stop: async () => undefined,
};

/**
 * Bolt's part: it reads requests and finds the listener. It is given no bot token: calls are made by our own clients,
 * and what it doesn't hold it can't log. `authorize` only says who the bot is, so that it ignores itself.
 */
function createApp(options: ReceiveOptions, receiver: Receiver): App {
  const { identity, logger } = options;
  return new App({
    receiver,
    deferInitialization: true,
    convoStore: false,
    logger,
    clientOptions: ourClientOptions(options),
    authorize: async () => {
      const [botId, botUserId] = [identity.botId(), identity.botUserId()];
      return { ...(botId === undefined ? {} : { botId }), ...(botUserId === undefined ? {} : { botUserId }) };
    },
  });
}

/** A new object each time: Bolt writes into what it is given. */
function ourClientOptions({ apiUrl, fetch, logger }: ReceiveOptions): ReturnType<typeof clientOptions> {
  return clientOptions({ apiUrl, fetch, logger, timeout: 10_000 });
}

function notListening(port: number, why: string): ChatelaineError {
  return new ChatelaineError({
    code: 'config-invalid',
    doing: `listening for Slack on port ${port}`,
    wrong: why,
    state: 'Nothing is received from Slack.',
    next: 'Free the port, or configure another.',
  });
}
