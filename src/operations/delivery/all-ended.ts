/**
 * Waits until all have ended, however they ended, and throws what the first of them threw: what was begun is seen to
 * its end, so that what is said of it is so.
 */
export async function allEnded(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason as Error;
}
