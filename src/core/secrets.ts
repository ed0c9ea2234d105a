import type { Namespace, PropertyName, VaultPath } from './names.ts';
import type { Right } from './permissions.ts';
import type { ExternalSecret, Workload } from './ports/cluster.ts';

/** A secret as people mean it: what an ExternalSecret reads of Vault, asked for by its name. */
export interface Secret {
  /** `media/jellyfin`, or a bare name as typed made whole. */
  readonly name: string;
  readonly target: ExternalSecret;
  /** The paths that it names; usually one. */
  readonly paths: readonly VaultPath[];
  /** kv/media/jellyfin, for people. */
  readonly where: string;
  /** Everybody who reads these paths through External Secrets in this cluster, the target among them. */
  readonly readers: readonly ExternalSecret[];
}

/** A workload and the Secret by which it uses what is read. */
export interface Consumer {
  readonly workload: Workload;
  readonly reader: ExternalSecret;
}

/** Finds secrets by what people type, out of the caches, and gives out only what the actor has a right to. */
export interface Secrets {
  /**
   * By `namespace/name` or by a name that is unique among what the actor may see; properties decide between
   * several paths of one ExternalSecret (where they don't, `paths` has all of them). Throws no-such-secret, ambiguous-secret (with candidates), not-permitted.
   */
  find(target: string, right: Right, properties?: readonly PropertyName[]): Secret;
  /** All that the actor may read, sorted by namespace and name. */
  all(namespace?: Namespace): readonly ExternalSecret[];
  /** Workloads that use the Secrets of these readers. */
  consumersOf(readers: readonly ExternalSecret[]): readonly Consumer[];
}
