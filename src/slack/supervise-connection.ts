import type { SocketModeReceiver } from '@slack/bolt';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { type SlackTrouble, troubleOf } from './call-slack.ts';
import { type OpenConnection, openConnection } from './open-connection.ts';
import { waitWithin } from './wait-within.ts';

/** A Socket Mode connection that is kept up. */
export interface Connection {
  isUp(): boolean;
  /** Why it is not up, in words; absent while it is. */
  trouble(): string | undefined;
  /** Resolves when it is up for the first time, or stopped; rejects with `SlackTrouble` when Slack refuses the token itself. */
  readonly firstUp: Promise<void>;
  /** Ends it for good. Slack sends what comes next to another connection. */
  stop(): Promise<void>;
}

export interface SuperviseOptions {
  readonly name: string;
  /** A receiver of its own for each connection, without reconnecting. */
  readonly makeReceiver: () => SocketModeReceiver;
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 to 1: replicas that lost Slack together must not come back together. */
  readonly random: () => number;
}

/** How long a connection that Slack is about to close may still bring something. */
const lingers = 10_000;
const stopWithin = 3_000;
/** A connection that ends sooner than this counts as one that failed. */
const soon = 10_000;
const longestPause = 30_000;
/** Words by which Slack refuses the app or its token: trying again mends nothing while starting. */
const noUse = new Set([
  'invalid_auth',
  'not_authed',
  'token_revoked',
  'token_expired',
  'account_inactive',
  'missing_scope',
  'not_allowed_token_type',
  'link_disabled',
  'app_not_found',
]);

/**
 * Keeps a connection up until it is stopped. The client's own reconnecting is off: it waits five seconds after every
 * refresh, and a single failed `apps.connections.open` ends it with an unhandled rejection (node-slack-sdk#2656).
 * Here a refresh is followed at once, with both connections up for a while, and failures by growing pauses, for ever.
 */
export function superviseConnection(options: SuperviseOptions): Connection {
  const { name, clock, log } = options;
  const stopping = new AbortController();
  const stopped = new Promise<void>((resolve) => stopping.signal.addEventListener('abort', () => resolve()));
  const open = new Set<OpenConnection>();
  let up = false;
  let trouble: string | undefined = 'is not open yet';
  let settleFirst: { resolve(): void; reject(error: SlackTrouble): void };
  const firstUp = new Promise<void>((resolve, reject) => {
    settleFirst = { resolve, reject };
  });
  firstUp.catch(() => undefined);

  /** One connection's life until another is needed; how long to wait before that. */
  async function live(failures: number): Promise<number> {
    const since = clock.monotonic();
    let connection: OpenConnection;
    try {
      connection = await openConnection(options.makeReceiver(), clock, stopped);
    } catch (error) {
      return failed(troubleOf(error), failures);
    }
    open.add(connection);
    up = true;
    trouble = undefined;
    settleFirst.resolve();
    log.info({ name }, 'Slack connection open');
    await Promise.race([connection.gone, connection.leaving, stopped]);
    up = false;
    trouble = 'is being opened again';
    void retire(connection);
    log.info({ name, ms: Math.round(clock.monotonic() - since) }, 'Slack connection ends');
    return clock.monotonic() - since < soon ? pauseAfter(failures + 1) : 0;
  }

  /** What was sent over it before Slack knew of the other one still arrives. */
  async function retire(connection: OpenConnection): Promise<void> {
    await waitWithin(clock, lingers, Promise.race([connection.gone, stopped]));
    await connection.close();
    open.delete(connection);
  }

  function failed(error: SlackTrouble, failures: number): number {
    if (noUse.has(error.code)) settleFirst.reject(error);
    const pause = Math.max(error.retryAfterMs, pauseAfter(failures + 1));
    trouble = `could not be opened (${error.code}), next attempt in ${Math.ceil(pause / 1000)} s`;
    const fields = { name, code: error.code, attempt: failures + 1, ms: Math.round(pause) };
    if (!stopping.signal.aborted) log.warn(fields, 'Slack connection failed');
    return pause;
  }

  function pauseAfter(failures: number): number {
    return Math.min(longestPause, 200 * 2 ** Math.min(failures, 10)) * (0.5 + options.random() / 2);
  }

  const running = (async () => {
    for (let failures = 0; !stopping.signal.aborted; ) {
      const pause = await live(failures);
      failures = pause === 0 ? 0 : failures + 1;
      if (pause > 0) await clock.sleep(pause, stopping.signal).catch(() => undefined);
    }
  })();

  return {
    isUp: () => up,
    trouble: () => (trouble === undefined ? undefined : `Slack connection ${name} ${trouble}`),
    firstUp,
    async stop() {
      stopping.abort(new Error('stopping'));
      settleFirst.resolve();
      const closed = Promise.all([running, ...[...open].map((connection) => connection.close())]);
      await waitWithin(clock, stopWithin, closed);
    },
  };
}
