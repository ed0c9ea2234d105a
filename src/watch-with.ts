import { type Loaded, maxSnapshotAge, mentionedIn } from './config/load-configuration.ts';
import type { StartOptions } from './connect.ts';
import type { Freezes } from './core/freeze/freezes.ts';
import type { Operations } from './core/operation.ts';
import type { GitOps } from './core/ports/gitops.ts';
import type { Surface, ThreadedSurface } from './core/ports/surface.ts';
import { RotationSurvey } from './core/survey-rotations.ts';
import type { KubernetesAdapter } from './kubernetes/connect.ts';
import { usualApplyMs } from './operations/land/state.ts';
import type { VaultAdapter } from './vault/connect-vault.ts';
import { startWatch, type Watch, type WatchOptions } from './watch/start-watch.ts';

/** Without the API server for so long, a replica that does not lead watches too: whoever led may be gone as well. */
const graceMs = 60_000;

/** What the watch is made of. */
interface Watched {
  readonly operations: Operations;
  readonly gitops?: GitOps;
  readonly kubernetes: KubernetesAdapter;
  readonly vault: VaultAdapter;
  readonly freezes: Freezes;
  readonly holder: string;
}

interface Surfaces {
  /** Where alerts are told. */
  readonly threads: ThreadedSurface;
  /** Where the cards of operations are. */
  readonly cards: Surface;
}

/** Watches what the configuration says: alerts, proposals, or nothing. */
export function watchWith(options: StartOptions, parts: Watched, surfaces: Surfaces): Watch {
  const { loaded, clock, log } = options;
  const { operations } = loaded.configuration;
  const alerts = alertsOf(options, parts, surfaces.threads);
  const proposals = proposalsOf(options, parts, surfaces.cards);
  return startWatch({
    leases: parts.kubernetes.leases,
    holder: parts.holder,
    durationSeconds: operations.leaseSeconds,
    graceMs,
    clock,
    log,
    ...(alerts === undefined ? {} : { alerts }),
    ...(proposals === undefined ? {} : { proposals }),
  });
}

/** Milliseconds until a webhook is followed: Kubernetes is asked so often, not the Git host. */
const askedMs = 1_000;

function proposalsOf(
  { loaded, clock, log }: StartOptions,
  { gitops, operations, vault, freezes }: Watched,
  surface: Surface,
): WatchOptions['proposals'] {
  const { git, limits } = loaded.configuration;
  if (gitops === undefined || git === undefined) return undefined;
  return {
    gitops,
    operations,
    surface,
    vault: vault.vault,
    freezes,
    pollMs: git.pollSeconds * 1000,
    ...(git.webhook === undefined ? {} : { askedMs }),
    applyMs: usualApplyMs,
    syncMs: limits.syncSeconds * 1000,
    clock,
    log,
  };
}

function alertsOf(
  { loaded, clock, log }: StartOptions,
  parts: Watched,
  surface: ThreadedSurface,
): WatchOptions['alerts'] {
  const { alerts } = loaded.configuration;
  if (alerts === undefined) return undefined;
  const mention = mentionedIn(loaded.configuration);
  const [first] = mention;
  return {
    vault: parts.vault.vault,
    cluster: parts.kubernetes.cluster,
    surface,
    // Where the bot may not post in the channel, somebody is told all the same.
    place: { surface: 'slack', channel: alerts.channel, ...(first === undefined ? {} : { user: first }) },
    mention: mention.map((id) => ({ id, name: id, surface: 'slack' })),
    freezes: parts.freezes,
    weekly: alerts.reminders,
    survey: new RotationSurvey({ vault: parts.vault.vault, clock }),
    pollMs: alerts.pollSeconds * 1000,
    calmMs: alerts.calmSeconds * 1000,
    failingMs: alerts.failingSeconds * 1000,
    ...snapshotsOf(loaded.configuration, parts),
    clock,
    log,
  };
}

/** Applying manifests takes a moment, and a run of the CronJob some minutes. */
const snapshotPace = { pollMs: 60_000, graceMs: 5 * 60_000 };

function snapshotsOf(
  configuration: Loaded['configuration'],
  { kubernetes }: Watched,
): Pick<NonNullable<WatchOptions['alerts']>, 'snapshots'> {
  const { snapshots } = kubernetes.cluster;
  if (snapshots === undefined) return {};
  const { pollMs, graceMs: patience } = snapshotPace;
  return {
    snapshots: { snapshots, pollMs, rules: { maxAgeMs: maxSnapshotAge(configuration), graceMs: patience } },
  };
}
