/**
 * Whether a Go duration (`1h`, `0`, `0h0m0s`, `-5m`) is not more than zero. Kubernetes has checked its form;
 * what can't be read counts as more than zero, as the default of one hour is.
 */
export function isNoDuration(text: string): boolean {
  const trimmed = text.trim();
  return trimmed.startsWith('-') || /^\+?(?:0*\.?0+(?:ns|us|µs|μs|ms|s|m|h)?)+$/.test(trimmed);
}
