/** Resolves when it is one's turn. */
export type TakeTurn = () => Promise<void>;

/**
 * Lets work begin one piece a turn of the event loop. In a burst of requests every acknowledgement goes out between
 * two of them, instead of behind the work of all that came before.
 */
export function createTurns(): TakeTurn {
  const waiting: (() => void)[] = [];

  function next(): void {
    waiting.shift()?.();
    if (waiting.length > 0) setImmediate(next);
  }

  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      if (waiting.length === 1) setImmediate(next);
    });
}
