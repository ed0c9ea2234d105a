import type { CommitId, Namespace, ObjectName, ResourceName } from '../names.ts';
import type { Call } from './call.ts';
import type { ReadyCondition } from './cluster.ts';

/** Flux as the bot may see it, and its one wish: that something is applied now. Nothing of it is kept in memory. */
export interface Flux {
  /** Every Kustomization and GitRepository there is. Safe to repeat. Throws kubernetes-denied, kubernetes-unreachable. */
  look(call: Call): Promise<FluxSight>;
  /**
   * Has Flux fetch the source and then apply the Kustomization, and waits until it has applied the commit, or the
   * call's signal ends it (then: state 'late'). Marks both with the annotation `reconcile.fluxcd.io/requestedAt`.
   * Safe to repeat with the same mark, also after a crash: what is applied already is found so, and marked no more.
   * Throws policy-not-enforced, kubernetes-denied.
   */
  apply(wanted: WantedCommit, mark: string, call: Call): Promise<ApplyOutcome>;
}

/** not-installed: the cluster knows no Kustomizations. That is no error: it is run without Flux. */
export type FluxSight =
  | { readonly state: 'not-installed' }
  | {
      readonly state: 'seen';
      readonly kustomizations: readonly Kustomization[];
      readonly sources: readonly GitSource[];
    };

export interface Kustomization extends ObjectName {
  readonly uid: string;
  readonly source: SourceName;
  /** Below the root of the repository, without `./` and slashes at its ends; empty for the root. */
  readonly path: string;
  /** Put on every object that it applies: files that it covers carry none themselves. */
  readonly targetNamespace?: Namespace;
  /** Whether `${…}` in its files is replaced (postBuild.substitute or substituteFrom). */
  readonly substitutes: boolean;
  /** How it reads encrypted files; absent: it can't. */
  readonly decryption?: { readonly provider: string; readonly secret?: string };
  readonly prunes: boolean;
  readonly suspended: boolean;
  /** It applies nothing until these are Ready. */
  readonly dependsOn: readonly ObjectName[];
  readonly ready: ReadyCondition;
  /** The commit that was applied last, its health checks included; absent before the first. */
  readonly applied?: CommitId;
  /** The commit that it tried last, applied or not. */
  readonly attempted?: CommitId;
  readonly inventory: readonly AppliedObject[];
}

export interface SourceName {
  /** GitRepository; others (OCIRepository, Bucket, ExternalArtifact) are named, and can't be followed. */
  readonly kind: string;
  readonly namespace: Namespace;
  readonly name: ResourceName;
}

/** An object that Flux has applied, as `status.inventory` names it. */
export interface AppliedObject {
  /** Empty for a kind that is in no namespace. */
  readonly namespace: string;
  readonly name: string;
  readonly group: string;
  readonly kind: string;
}

/** A GitRepository. */
export interface GitSource extends ObjectName {
  readonly uid: string;
  readonly url: string;
  /** The branch that it follows; absent where it follows a tag, a version or a commit. */
  readonly branch?: string;
  /** Folders outside of which it sees nothing; empty: it sees all. */
  readonly folders: readonly string[];
  readonly suspended: boolean;
  readonly ready: ReadyCondition;
  /** The commit that it fetched last. */
  readonly fetched?: CommitId;
}

export interface WantedCommit {
  readonly kustomization: ObjectName;
  readonly commit: CommitId;
  /**
   * Whether this other commit has the wanted one in its history, or has its content otherwise: a merge and a squash
   * change hashes, and others merge meanwhile. Asked once for each commit. Left out: the wanted commit alone counts.
   */
  readonly isDescendant?: (commit: CommitId, call: Call) => Promise<boolean>;
}

/** What came of it, in words that people read. */
export type ApplyOutcome =
  /** Flux says so. What it applied can fail all the same: an ExternalSecret's own status is the proof. */
  | { readonly state: 'applied'; readonly commit: CommitId }
  /** A suspended Kustomization answers a request with Ready=True and applies nothing, so it is not asked. */
  | { readonly state: 'suspended'; readonly what: string }
  /** `commit`: which one it failed on, where it had one. */
  | {
      readonly state: 'failed';
      readonly what: string;
      readonly reason: string;
      readonly message: string;
      readonly commit?: CommitId;
    }
  /** `what`: what it was waiting for, as a sentence without its full stop. */
  | { readonly state: 'late'; readonly what: string }
  | { readonly state: 'gone'; readonly what: string };
