import type { Namespace, ObjectName, ResourceName } from '../names.ts';
import type { Call } from './call.ts';
import type { ReadyCondition } from './cluster.ts';

/** cert-manager as the bot may see it, and its one wish: that a certificate is issued again. Nothing is kept in memory. */
export interface Certificates {
  /** Every Certificate. Safe to repeat. Throws kubernetes-denied, kubernetes-unreachable. */
  look(call: Call): Promise<CertificateSight>;
  /** One, as it is now; undefined where there is none, or no cert-manager. Safe to repeat. */
  find(name: ObjectName, call: Call): Promise<Certificate | undefined>;
  /** Every Issuer and ClusterIssuer; none where there is no cert-manager. Safe to repeat. */
  issuers(call: Call): Promise<readonly Issuer[]>;
  /** Why it is not issued, as the newest of its requests says; undefined where none says anything. Safe to repeat. */
  explain(name: ObjectName, call: Call): Promise<string | undefined>;
  /**
   * Has cert-manager issue it again, as `cmctl renew` does. Safe to repeat: one that is being issued, or was issued
   * since the ticket was taken, is left alone. Throws policy-not-enforced, kubernetes-missing, kubernetes-denied.
   */
  renew(ticket: RenewalTicket, call: Call): Promise<void>;
  /** Waits until it was issued again, or the call's signal ends it (then: state 'late'). */
  awaitRenewed(ticket: RenewalTicket, call: Call): Promise<RenewalOutcome>;
}

/** not-installed: the cluster knows no Certificates. That is no error. */
export type CertificateSight =
  | { readonly state: 'not-installed' }
  | { readonly state: 'seen'; readonly certificates: readonly Certificate[] };

export interface Certificate extends ObjectName {
  readonly uid: string;
  /** The Secret that it makes, in its namespace. */
  readonly secret: ResourceName;
  readonly issuer: IssuerName;
  readonly dnsNames: readonly string[];
  readonly ready: ReadyCondition;
  /** Whether it is being issued now, and since when. */
  readonly issuing: { readonly now: boolean; readonly reason: string; readonly message: string };
  /** Counted up each time it is issued; 0 before the first. */
  readonly revision: number;
  /** ISO 8601, of the certificate that is in the Secret. */
  readonly notBefore?: string;
  readonly notAfter?: string;
  /** When cert-manager renews it by itself. */
  readonly renewalTime?: string;
  readonly lastFailure?: string;
}

export interface IssuerName {
  /** Issuer, ClusterIssuer, or one of somebody else's kind. */
  readonly kind: string;
  readonly group: string;
  readonly name: string;
}

export interface Issuer extends IssuerName {
  /** Of an Issuer. */
  readonly namespace?: Namespace;
  /** `acme`, `ca`, `selfSigned`, `vault`, …; `unknown` for another. */
  readonly type: string;
  readonly ready: ReadyCondition;
}

/** How a Certificate stood before it was asked to be renewed: what is newer is the answer. Kept in journals. */
export interface RenewalTicket {
  readonly name: ObjectName;
  readonly uid: string;
  readonly revision: number;
  readonly lastFailure?: string;
}

export type RenewalOutcome =
  | { readonly state: 'renewed'; readonly revision: number; readonly notAfter: string }
  | { readonly state: 'failed'; readonly reason: string; readonly message: string }
  /** `what`: what it was waiting for, as a sentence without its full stop. */
  | { readonly state: 'late'; readonly what: string }
  | { readonly state: 'gone' };
