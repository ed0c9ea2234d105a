import type { SocketModeReceiver } from '@slack/bolt';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { SlackTrouble, troubleOf } from './call-slack.ts';

/** One Socket Mode connection that is kept up. */
export interface Connection {
  isUp(): boolean;
  /** Why it is not up, in words; absent while it is. */
  trouble(): string | undefined;
  /** Resolves when it is up for the first time; rejects with `SlackTrouble` when Slack refuses the token itself. */
  readonly firstUp: Promise<void>;
  /** Ends it for good. Slack sends what comes next to another connection. */
  stop(): Promise<void>;
}

export interface SuperviseOptions {
  readonly name: string;
  readonly receiver: SocketModeReceiver;
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 to 1: replicas that lost Slack together must not come back together. */
  readonly random: () => number;
}

const openWithin = 20_000;
const closeWithin = 2_000;
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
 * Keeps a connection up until it is stopped. The receiver's own reconnecting is off: it waits five seconds after
 * every refresh, and a single failed `apps.connections.open` ends it with an unhandled rejection
 * (node-slack-sdk#2656). Here a refresh is followed at once, and failures with growing pauses, for ever.
 */
export function superviseConnection(options: SuperviseOptions): Connection {
  const { name, receiver, clock, log } = options;
  const { client } = receiver;
  const stopping = new AbortController();
  const first = deferred();
  first.promise.catch(() => undefined);
  let up = false;
  let trouble: string | undefined = 'is not open yet';
  let gone = deferred();
  client.on('disconnected', () => gone.resolve());

  async function open(): Promise<void> {
    gone = deferred();
    const started = client.start();
    const late = clock.sleep(openWithin, stopping.signal).then(() => {
      throw new SlackTrouble('unanswered', 'no_hello');
    });
    late.catch(() => undefined);
    // A client that is closed before the hello rejects with nothing.
    await Promise.race([started.catch((error: unknown) => Promise.reject(startTrouble(error))), late]);
  }

  async function close(): Promise<void> {
    await Promise.race([client.disconnect(), clock.sleep(closeWithin)]);
  }

  /** One connection's life; how long to wait before the next. */
  async function live(failures: number): Promise<number> {
    try {
      await open();
    } catch (error) {
      return failed(troubleOf(error), failures);
    }
    up = true;
    trouble = undefined;
    first.resolve();
    const since = clock.monotonic();
    log.info({ name }, 'Slack connection open');
    await gone.promise;
    up = false;
    trouble = 'is being opened again';
    log.info({ name, ms: Math.round(clock.monotonic() - since) }, 'Slack connection closed');
    return clock.monotonic() - since < soon ? pauseAfter(failures + 1) : 0;
  }

  async function failed(error: SlackTrouble, failures: number): Promise<number> {
    if (noUse.has(error.code)) first.reject(error);
    const pause = Math.max(error.retryAfterMs, pauseAfter(failures + 1));
    trouble = `could not be opened (${error.code}), next attempt in ${Math.ceil(pause / 1000)} s`;
    log.warn(
      { name, code: error.code, attempt: failures + 1, ms: Math.round(pause) },
      'Slack connection failed',
    );
    if (error.code === 'no_hello') await close();
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
    firstUp: first.promise,
    async stop() {
      stopping.abort(new Error('stopping'));
      await close();
      gone.resolve();
      await Promise.race([running, clock.sleep(closeWithin)]);
    },
  };
}

function startTrouble(error: unknown): SlackTrouble {
  return error === undefined ? new SlackTrouble('unanswered', 'closed_before_hello') : troubleOf(error);
}

function deferred(): { promise: Promise<void>; resolve(): void; reject(error: unknown): void } {
  let resolve: () => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
