import { z } from 'zod';

const Time = z.string().nullish();
const List = z.object({
  items: z.array(
    z.object({
      reason: z.string().catch(''),
      message: z.string().catch(''),
      type: z.string().catch(''),
      lastTimestamp: Time,
      eventTime: Time,
      firstTimestamp: Time,
      count: z.number().nullish(),
      series: z.object({ lastObservedTime: Time, count: z.number().nullish() }).nullish(),
    }),
  ),
});

/** A warning about an object. `message` may quote a value: it is for matching only. */
export interface Warning {
  readonly reason: string;
  readonly message: string;
  /** Milliseconds since 1970, by the clock of whoever reported it; often whole seconds. */
  readonly at: number;
  /** How often it was reported; one that repeats counts up. */
  readonly count: number;
}

/** What Events say: whether they could be read, and the newest warning among them. */
export interface Heard {
  readonly heard: boolean;
  readonly warning?: Warning;
}

/** The newest warning of a list of Events. */
export function newestWarning(answer: unknown): Heard {
  const list = List.safeParse(answer);
  if (!list.success) return { heard: false };
  const warnings = list.data.items
    .filter(({ type }) => type === 'Warning')
    .map((event) => ({
      reason: event.reason,
      message: event.message,
      count: event.series?.count ?? event.count ?? 1,
      at: Date.parse(
        event.series?.lastObservedTime ??
          event.lastTimestamp ??
          event.eventTime ??
          event.firstTimestamp ??
          '',
      ),
    }))
    .filter(({ at }) => !Number.isNaN(at));
  const [warning] = warnings.toSorted((a, b) => b.at - a.at);
  return warning === undefined ? { heard: true } : { heard: true, warning };
}
