import { LRUCache } from 'lru-cache';
import type { Clock } from '../core/clock.ts';
import type { Dispatcher } from '../core/dispatcher.ts';
import { ChatelaineError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { ThreadedSurface, WorkSurface } from '../core/ports/surface.ts';
import { type Fetch, makeSlackCall } from './call-slack.ts';
import { createMemberCheck } from './check-member.ts';
import type { Desk } from './desk.ts';
import { createIdentity } from './identify-app.ts';
import { listen } from './listen.ts';
import { mapBoltLog } from './map-bolt-log.ts';
import { createPoster } from './post-message.ts';
import { createReceiving, type SlackMode } from './receive.ts';
import { rememberDeliveries } from './remember-deliveries.ts';
import { showCards } from './show-cards.ts';
import { createTellPerson } from './tell-person.ts';
import { trackWork } from './track-work.ts';
import { waitWithin } from './wait-within.ts';

export interface SlackOptions {
  /** Over connections that we open, or over signed HTTP. */
  readonly mode: SlackMode;
  readonly botToken: string;
  /** The workspace that is served; taken from the token where absent, and checked against it where not. */
  readonly teamId?: string;
  /** The Web API's address, for a stand-in; response URLs must be of the same origin then. */
  readonly slackApiUrl?: string;
  /** Slash command to first word: `{ '/secret': 'secret' }`. Slack has one namespace for them, so the names vary. */
  readonly commands: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly log: Log;
  /** Edits of all cards together; Slack takes about 50. */
  readonly editsPerMinute?: number;
  /** Milliseconds that running work is waited for when closing; then it is told to stop. */
  readonly drainWithin?: number;
  readonly fetch?: Fetch;
  readonly random?: () => number;
}

export interface SlackAdapter {
  readonly surface: ThreadedSurface & WorkSurface;
  /** Begins to receive. Throws slack-refused for a token that Slack refuses; while Slack is down it goes on trying. */
  start(dispatcher: Dispatcher): Promise<void>;
  /** Receives nothing more, waits for running work, then for the edits that are still to be taken. Never throws. */
  close(): Promise<void>;
  health(): SlackHealth;
}

export interface SlackHealth {
  /** Connections that are up; with signed HTTP 1 while listening. */
  readonly connections: number;
  readonly troubles: readonly string[];
}

const interactiveTimeout = 3_000;
const posterTimeout = 10_000;
const acknowledgedWithin = 3_000;
const stoppedWithin = 2_000;
const flushedWithin = 5_000;
const manyWaiting = 50;

/** Slack as a surface: slash commands, buttons and forms in, cards out. Nothing is called before `start`. */
export function connectSlack(options: SlackOptions): SlackAdapter {
  const { clock, log, slackApiUrl: apiUrl, fetch = globalThis.fetch } = options;
  const logger = mapBoltLog(log);
  const client = { token: options.botToken, apiUrl, fetch, logger };
  // Two clients: what a person waits for never queues behind posts, and fails fast.
  const interactive = makeSlackCall({ ...client, timeout: interactiveTimeout });
  const posting = makeSlackCall({ ...client, timeout: posterTimeout });
  const poster = createPoster(posting, clock);
  const surface = showCards({
    call: posting,
    poster,
    clock,
    log,
    editsPerMinute: options.editsPerMinute ?? 40,
  });
  const identity = createIdentity({ call: interactive, expected: options.teamId, clock, log });
  const random = options.random ?? Math.random;
  const receiving = createReceiving({
    mode: options.mode,
    identity,
    apiUrl,
    fetch,
    clock,
    log,
    logger,
    random,
  });
  const ending = new AbortController();
  const unacknowledged = trackWork(clock);
  const work = trackWork(clock);

  function deskFor(dispatcher: Dispatcher): Desk {
    return {
      dispatcher,
      members: createMemberCheck({
        call: interactive,
        teamId: () => identity.teamId() ?? options.teamId,
        clock,
      }),
      deliveries: rememberDeliveries(clock),
      tell: createTellPerson({ call: interactive, poster, fetch, apiUrl, log }),
      call: interactive,
      clock,
      log,
      signal: ending.signal,
      // Slack's response URLs are good for 30 minutes.
      responseUrls: new LRUCache({ max: 1_000, ttl: 29 * 60_000 }),
    };
  }

  return {
    surface,
    async start(dispatcher) {
      await identity.learn(ending.signal);
      listen(receiving.app, {
        desk: deskFor(dispatcher),
        log,
        commands: options.commands,
        unacknowledged,
        work,
      });
      await receiving.start();
    },
    async close() {
      await unacknowledged.settled(acknowledgedWithin);
      await receiving.stop();
      const ended = await work.settled(options.drainWithin ?? 10_000);
      ending.abort(stopping());
      if (!ended) await work.settled(stoppedWithin);
      await waitWithin(clock, flushedWithin, surface.drained());
    },
    health: () => ({
      connections: receiving.connections(),
      troubles: [
        ...[identity.trouble()].filter((each) => each !== undefined),
        ...receiving.troubles(),
        ...(surface.pending() > manyWaiting ? [`${surface.pending()} cards wait for an edit`] : []),
      ],
    }),
  };
}

function stopping(): ChatelaineError {
  return new ChatelaineError({
    code: 'stopping',
    doing: 'working',
    wrong: 'this replica is being stopped',
    state: 'What was done until then is in the journal.',
    next: 'Another replica goes on with it.',
  });
}
