import { ChatelaineError } from './errors.ts';

/** A signal that ends with the other one, or after so many milliseconds with deadline-passed. `clear` ends the timer. */
export function withDeadline(
  signal: AbortSignal,
  milliseconds: number,
  doing: string,
): { readonly signal: AbortSignal; readonly clear: () => void } {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(
      new ChatelaineError({
        code: 'deadline-passed',
        doing,
        wrong: `it took longer than ${Math.round(milliseconds / 1000)} s`,
        state: 'What was done until then stays as it is.',
        next: 'Look at /secret status for where things are now.',
      }),
    );
  }, milliseconds);
  timer.unref();
  return { signal: AbortSignal.any([signal, controller.signal]), clear: () => clearTimeout(timer) };
}
