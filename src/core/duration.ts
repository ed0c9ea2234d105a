/** A duration for people: `94 ms`, `1.9 s`, `3 min 12 s`. */
export function describeDuration(milliseconds: number): string {
  // A time stamp that somebody else wrote can be none.
  if (!Number.isFinite(milliseconds)) return 'an unknown time';
  // Each limit is where rounding would reach the next unit: never `1000 ms` or `100.0 s`.
  if (milliseconds < 999.5) return `${Math.max(0, Math.round(milliseconds))} ms`;
  if (milliseconds < 99_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.round(minutes / (24 * 60))} days`;
}
