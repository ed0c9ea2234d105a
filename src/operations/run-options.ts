import type { Clock } from '../core/clock.ts';
import type { Freezes } from '../core/freeze/freezes.ts';
import type { Log } from '../core/log.ts';
import type { Permissions } from '../core/permissions.ts';
import type { Certificates } from '../core/ports/certificates.ts';
import type { Cluster } from '../core/ports/cluster.ts';
import type { Flux } from '../core/ports/flux.ts';
import type { GitOps } from '../core/ports/gitops.ts';
import type { Leases } from '../core/ports/leases.ts';
import type { WorkSurface } from '../core/ports/surface.ts';
import type { Vault } from '../core/ports/vault.ts';

/** What the work of an operation is done with. */
export interface RunOptions {
  readonly leases: Leases;
  readonly freezes: Freezes;
  readonly vault: Vault;
  readonly cluster: Cluster;
  readonly flux: Flux;
  readonly certificates: Certificates;
  readonly gitops?: GitOps;
  readonly permissions: Permissions;
  readonly surface: WorkSurface;
  readonly clock: Clock;
  readonly log: Log;
}
