/** Waits until something holds, or fails with what it was waiting for. */
export async function until(what: string, holds: () => boolean, withinMs = 45_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`waited ${withinMs} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
