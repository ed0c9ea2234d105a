/** How long things take, in milliseconds. What can't be hurried in a real cluster can be here. */
export interface Timing {
  /** From a change of an ExternalSecret to its new status; a little more at random, up to `spreadMs`. */
  readonly reconcileMs: number;
  readonly spreadMs: number;
  /** After the first failure; doubled after each further one, up to seven minutes. */
  readonly backoffMs: number;
  /** Between two checks of a store that nobody touches. */
  readonly storeRetryMs: number;
  /** From a change of a pod template to the last pod being ready. */
  readonly rolloutMs: number;
  /** From a changed Secret to Reloader's change of the workload. */
  readonly reloaderMs: number;
  /** Until a Deployment that makes no progress says so. */
  readonly progressDeadlineMs: number;
  /** Between two bookmarks of a watch. */
  readonly bookmarkMs: number;
}

/** As on a quiet small cluster. */
export const usualTiming: Timing = {
  reconcileMs: 80,
  spreadMs: 30,
  backoffMs: 1_000,
  storeRetryMs: 300_000,
  rolloutMs: 900,
  reloaderMs: 200,
  progressDeadlineMs: 6_000,
  bookmarkMs: 60_000,
};
