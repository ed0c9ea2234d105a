import { formatObjectName } from '../names.ts';
import type { ExternalSecret } from '../ports/cluster.ts';
import type { Due } from './seal-state.ts';

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const hour = 3_600_000;
/** The last moment that a date can be. */
const lastTime = 8.64e15;

/** Which ExternalSecrets want Vault next, by when they were last refreshed and their interval. `now` in milliseconds. */
export function nextDue(secrets: readonly ExternalSecret[], now: number): Due {
  const all = secrets
    .flatMap((secret) => {
      const at = dueAt(secret);
      return at === undefined ? [] : [{ name: formatObjectName(secret), at }];
    })
    .toSorted((a, b) => a.at - b.at || (a.name < b.name ? -1 : 1));
  const coming = all.filter(({ at }) => at > now);
  const within = coming.filter(({ at }) => at <= now + hour).length;
  const next = coming.slice(0, 3).map(({ name, at }) => ({ name, at: new Date(at).toISOString() }));
  return { next, more: Math.max(0, within - next.length), past: all.length - coming.length };
}

function dueAt({ refreshPolicy, refreshInterval, refreshTime }: ExternalSecret): number | undefined {
  const interval = milliseconds(refreshInterval);
  const at = Date.parse(refreshTime ?? '') + interval;
  return refreshPolicy === 'Periodic' && interval > 0 && at <= lastTime ? at : undefined;
}

/** A Go duration as Kubernetes has it (`1h30m`, `90s`); NaN for what is none, or is finer than a millisecond. */
function milliseconds(duration: string): number {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(duration)) return Number.NaN;
  return [...duration.matchAll(/([\d.]+)(ms|s|m|h)/g)].reduce(
    (sum, [, many = '', unit = '']) => sum + Number(many) * (units[unit] ?? 0),
    0,
  );
}
