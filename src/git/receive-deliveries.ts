import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { Clock } from '../core/clock.ts';
import type { RepositoryName } from '../core/git-names.ts';
import type { Log } from '../core/log.ts';
import type { WebhookReceiver } from '../core/ports/webhooks.ts';
import { type Delivery, verifyDelivery } from './verify-delivery.ts';

export interface ReceiverOptions {
  readonly host: Delivery['host'];
  readonly repository: RepositoryName;
  /** Read anew each time, so that it can be changed. */
  readonly secret: () => string;
  readonly clock: Clock;
  readonly log: Log;
  /** Something happened to this proposal of the repository. */
  readonly onProposal: (number: number) => void;
}

/** Hosts send again for a while what was not answered, and people by a button for longer. */
const rememberedMs = 24 * 60 * 60_000;
/** Milliseconds between two lines about deliveries that are refused. Threat: a log that is filled from outside. */
const quietMs = 60_000;

const Body = z.object({
  repository: z.object({ full_name: z.string() }).optional(),
  pull_request: z.object({ number: z.int() }).optional(),
});

/** Takes deliveries that the host signed, each once, and tells of the proposals that they are about. */
export function receiveDeliveries(options: ReceiverOptions): WebhookReceiver {
  const { clock, log } = options;
  const perf = { now: () => clock.monotonic() };
  const seen = new LRUCache<string, true>({ max: 10_000, ttl: rememberedMs, perf });
  let refused = { count: 0, toldAt: Number.NEGATIVE_INFINITY };

  function tellRefused(reason: string): void {
    const { count, toldAt } = refused;
    refused = { count: count + 1, toldAt };
    if (clock.monotonic() - toldAt < quietMs) return;
    log.warn({ reason, count: refused.count }, 'webhook refused');
    refused = { count: 0, toldAt: clock.monotonic() };
  }

  return {
    receive(headers, body) {
      const verdict = verifyDelivery({ host: options.host, headers, body }, options.secret(), (id) =>
        seen.has(id),
      );
      if (verdict.state === 'refused') tellRefused(verdict.why);
      if (verdict.state !== 'taken') return verdict.state;
      seen.set(verdict.id, true);
      const read = readBody(body);
      log.debug(
        { kind: verdict.event, outcome: read === undefined ? 'unreadable' : 'taken' },
        'webhook taken',
      );
      if (read === undefined) return 'unreadable';
      const { repository, pull_request: proposal } = read;
      const isOurs = repository?.full_name.toLowerCase() === options.repository.toLowerCase();
      if (isOurs && proposal !== undefined) options.onProposal(proposal.number);
      return 'taken';
    },
  };
}

function readBody(body: Uint8Array): z.infer<typeof Body> | undefined {
  try {
    return Body.parse(JSON.parse(Buffer.from(body).toString('utf8')));
  } catch {
    return undefined;
  }
}
