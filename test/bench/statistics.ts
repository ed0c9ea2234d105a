/** The value that so many percent of the samples are not above (nearest rank). Throws without samples. */
export function percentile(samples: readonly number[], percent: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const found = sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
  if (found === undefined) throw new Error('nothing was measured');
  return found;
}

/** The middle of the samples. */
export function median(samples: readonly number[]): number {
  return percentile(samples, 50);
}

/** The middle of the ratios of what was measured side by side: a machine that gets slower meanwhile slows both. */
export function pairedRatio(ones: readonly number[], others: readonly number[]): number {
  return median(ones.map((one, index) => one / (others[index] ?? Number.NaN)));
}
