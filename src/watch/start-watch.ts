import type { Surface } from '../core/ports/surface.ts';
import type { Vault } from '../core/ports/vault.ts';
import { Leadership, type LeadershipOptions, type Role } from './leadership.ts';
import { remindRetired } from './remind-retired.ts';
import { supervise } from './supervise.ts';
import { type AlertOptions, watchForAlerts } from './watch-for-alerts.ts';
import { ProposalWatch, type WatchProposalsOptions } from './watch-proposals.ts';

export interface WatchOptions extends LeadershipOptions {
  /** What is told in the alerts channel; absent where there is none. */
  readonly alerts?: Omit<AlertOptions, 'role' | 'leases'>;
  /** What waits on the Git host; absent where there is none. */
  readonly proposals?: Omit<WatchProposalsOptions, 'role' | 'surface' | 'vault'> & {
    readonly surface: Surface;
    readonly vault: Pick<Vault, 'mount' | 'metadata' | 'properties'>;
  };
}

export interface Watch {
  /** What keeps the watch from its work, in words; empty where nothing does. */
  troubles(): readonly string[];
  /** Ends the loops and lets another replica lead at once. Never throws. */
  close(): Promise<void>;
}

/** Milliseconds between two looks for removals whose grace period, of days, is over. */
const remindMs = 60 * 60_000;

function remindersOf(
  { gitops, vault, surface, clock, log }: NonNullable<WatchOptions['proposals']>,
  role: () => Role,
): Pick<ProposalWatch, 'loops' | 'flush' | 'troubles'> {
  const { retired } = gitops;
  const loop = remindRetired({ retired, vault, surface, role, clock, log, everyMs: remindMs });
  return { loops: () => [loop], flush: async () => undefined, troubles: () => [] };
}

/** Milliseconds for the last words to Kubernetes. */
const closeWithin = 2_000;

/** Stands for election and watches while elected, or while nobody can be. Nothing is thrown: what is wrong is in `troubles`. */
export function startWatch(options: WatchOptions): Watch {
  const { leases, alerts, proposals } = options;
  const leadership = new Leadership(options);
  const role = () => leadership.role();
  const watching = [
    ...(alerts === undefined ? [] : [watchForAlerts({ ...alerts, leases, role })]),
    ...(proposals === undefined
      ? []
      : [new ProposalWatch({ ...proposals, role }), remindersOf(proposals, role)]),
  ];
  const election = { name: 'the election of a leader', run: (signal: AbortSignal) => leadership.run(signal) };
  // Nobody needs to be elected where there is nothing to watch.
  const standing = supervise(watching.length === 0 ? [] : [election], options);
  const loops = supervise(
    watching.flatMap((each) => each.loops()),
    options,
  );
  return {
    troubles() {
      const trouble = watching.length === 0 ? undefined : leadership.trouble();
      const all = [
        ...standing.troubles(),
        ...loops.troubles(),
        ...watching.flatMap((each) => each.troubles()),
      ];
      return [...new Set(trouble === undefined ? all : [...all, trouble])];
    },
    async close() {
      await loops.close();
      await Promise.all(watching.map((each) => each.flush(AbortSignal.timeout(closeWithin))));
      // Not before: what Slack takes at last is to be kept by the one that told it.
      await standing.close();
      await leadership.handOver(AbortSignal.timeout(closeWithin));
    },
  };
}
