/** `burst` calls at once, then `perMinute`. Real limits: docs.slack.dev/apis/web-api/rate-limits. */
interface Limit {
  readonly perMinute: number;
  readonly burst: number;
  /** Counted for each value of this argument by itself. */
  readonly per?: string;
}

const tier = (perMinute: number): Limit => ({ perMinute, burst: perMinute });
const defaultLimit = tier(50);
const limits: Readonly<Record<string, Limit>> = {
  // "About one a second a channel", and short bursts are let through.
  'chat.postMessage': { perMinute: 60, burst: 4, per: 'channel' },
  'chat.postEphemeral': tier(100),
  'views.open': tier(100),
  'views.push': tier(100),
  'views.update': tier(100),
  'views.publish': tier(100),
  'users.info': tier(100),
  'usergroups.list': tier(20),
  'usergroups.users.list': tier(20),
  'conversations.list': tier(20),
  'auth.test': tier(600),
  'apps.connections.open': tier(20),
};

interface Bucket {
  tokens: number;
  at: number;
}

/** Token buckets a method (and a channel), as Slack counts them. Time is milliseconds of a clock that never jumps. */
export class RateLimiter {
  readonly #buckets = new Map<string, Bucket>();
  readonly #now: () => number;

  /** `scale` below 1 makes minutes shorter, for tests. */
  constructor(scale: number) {
    this.#now = () => performance.now() / scale;
  }

  /** 0 when the call may pass, else the whole seconds to wait, as Retry-After says them. */
  take(method: string, args: Readonly<Record<string, unknown>>): number {
    const limit = limits[method] ?? defaultLimit;
    const key = limit.per === undefined ? method : `${method} ${String(args[limit.per])}`;
    const now = this.#now();
    const bucket = this.#buckets.get(key) ?? { tokens: limit.burst, at: now };
    const tokens = Math.min(limit.burst, bucket.tokens + ((now - bucket.at) / 60_000) * limit.perMinute);
    const passes = tokens >= 1;
    this.#buckets.set(key, { tokens: passes ? tokens - 1 : tokens, at: now });
    return passes ? 0 : Math.max(1, Math.ceil(((1 - tokens) * 60) / limit.perMinute));
  }
}
