import type { CommonFaults } from '../http-stand-in.ts';

/** What can go wrong, switched while it runs. `slow` and `down` are every stand-in's; `down` cuts what is open, too. */
export interface KubernetesFaults extends CommonFaults {
  /** Everything is refused as if no Role were bound. */
  denied: boolean;
  /** So many of the next updates, patches and deletes answer 409 Conflict. */
  conflict: number;
  /** The next watch is told that its version is gone. */
  gone: boolean;
  /** `namespace/name` of ExternalSecrets that are never reconciled: nothing fails, nothing comes. */
  readonly frozenExternalSecrets: Set<string>;
  /** Vault refuses what External Secrets asks of it. */
  storeDenied: boolean;
  /** The admission policy is there, and nothing is checked by it. */
  noAdmissionPolicy: boolean;
  /** `namespace/name` of workloads whose new pods never become ready. */
  readonly stuckRollouts: Set<string>;
  /** `namespace/name` of Certificates whose issuer refuses them. */
  readonly failingIssuances: Set<string>;
  /** Groups whose CustomResourceDefinitions are not installed: `cert-manager.io`. */
  readonly missingGroups: Set<string>;
  /** New Jobs fail. */
  jobsFail: boolean;
  /** Writes of Leases answer 500. */
  leaseWritesFail: boolean;
}

/** All of them off. `onDown` is called when `down` is switched on. */
export function newFaults(onDown: () => void): KubernetesFaults {
  let isDown = false;
  return {
    slow: 0,
    get down() {
      return isDown;
    },
    set down(value: boolean) {
      isDown = value;
      if (value) onDown();
    },
    denied: false,
    conflict: 0,
    gone: false,
    frozenExternalSecrets: new Set(),
    storeDenied: false,
    noAdmissionPolicy: false,
    stuckRollouts: new Set(),
    failingIssuances: new Set(),
    missingGroups: new Set(),
    jobsFail: false,
    leaseWritesFail: false,
  };
}
