import { z } from 'zod';

const Time = z.string().nullish();
const List = z.object({
  metadata: z.object({ continue: z.string().optional() }).optional().catch(undefined),
  items: z.array(
    z.object({
      involvedObject: z.object({ uid: z.string() }).optional().catch(undefined),
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

type Event = z.infer<typeof List>['items'][number];

/** The newest warning of a list of Events. */
export function newestWarning(answer: unknown): Heard {
  const list = List.safeParse(answer);
  if (!list.success) return { heard: false };
  const [warning] = list.data.items.flatMap(warningOf).toSorted((a, b) => b.at - a.at);
  return warning === undefined ? { heard: true } : { heard: true, warning };
}

/** The newest warning about each object of a list of Events, by its uid, and where the list goes on. */
export function warningsByUid(answer: unknown): {
  readonly warnings: ReadonlyMap<string, Warning>;
  readonly next: string;
} {
  const list = List.safeParse(answer);
  const warnings = new Map<string, Warning>();
  if (!list.success) return { warnings, next: '' };
  for (const event of list.data.items) {
    for (const warning of warningOf(event)) keepNewest(warnings, uidOf(event), warning);
  }
  return { warnings, next: list.data.metadata?.continue ?? '' };
}

/** Notes a warning about an object, unless a newer one is known. */
export function keepNewest(warnings: Map<string, Warning>, uid: string, warning: Warning): void {
  if (warning.at >= (warnings.get(uid)?.at ?? 0)) warnings.set(uid, warning);
}

function uidOf({ involvedObject }: Event): string {
  return involvedObject?.uid ?? '';
}

function warningOf(event: Event): readonly Warning[] {
  const { type, reason, message } = event;
  const at = Date.parse(timeOf(event));
  if (type !== 'Warning' || Number.isNaN(at)) return [];
  return [{ reason, message, at, count: event.series?.count ?? event.count ?? 1 }];
}

function timeOf({ series, lastTimestamp, eventTime, firstTimestamp }: Event): string {
  return series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? firstTimestamp ?? '';
}
