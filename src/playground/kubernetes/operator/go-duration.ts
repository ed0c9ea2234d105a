const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds of a Go duration: `1h30m`, `90s`, `0`. */
export function goDurationMs(text: string): number {
  let sum = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) {
    sum += Number(amount) * (unitMs[unit ?? 's'] ?? 0);
  }
  return sum;
}

/** As Go writes it back: `1h` becomes `1h0m0s`. External Secrets does so to every refreshInterval it touches. */
export function normaliseGoDuration(text: string): string {
  const ms = goDurationMs(text);
  if (ms > 0 && ms < 1_000) return `${ms}ms`;
  const seconds = (ms % 60_000) / 1_000;
  const minutes = Math.floor(ms / 60_000) % 60;
  const hours = Math.floor(ms / 3_600_000);
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}
