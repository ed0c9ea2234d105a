import { formatObjectName, type ObjectName } from '../../src/core/names.ts';
import type {
  Certificate,
  CertificateSight,
  Certificates,
  Issuer,
  RenewalOutcome,
  RenewalTicket,
} from '../../src/core/ports/certificates.ts';
import { objectName } from './fake-cluster.ts';

/** A Certificate that is Ready for two more months, with what a test wants otherwise. */
export function certificate(name: string, more: Partial<Certificate> = {}): Certificate {
  const day = 86_400_000;
  const inDays = (days: number): string => new Date(Date.now() + days * day).toISOString();
  return {
    ...objectName(name),
    uid: `uid-${name}`,
    secret: objectName(`${name}-tls`).name,
    issuer: { kind: 'ClusterIssuer', group: 'cert-manager.io', name: 'letsencrypt' },
    dnsNames: [`${objectName(name).name}.example.org`],
    ready: { status: 'True', reason: 'Ready', message: 'Certificate is up to date and has not expired' },
    issuing: { now: false, reason: '', message: '' },
    revision: 3,
    notBefore: inDays(-30),
    notAfter: inDays(60),
    renewalTime: inDays(30),
    ...more,
  };
}

/** Certificates in memory, issued as soon as they are asked to be. */
export class FakeCertificates implements Certificates {
  readonly all = new Map<string, Certificate>();
  readonly known: Issuer[] = [];
  readonly renewed: string[] = [];
  readonly tickets: RenewalTicket[] = [];
  readonly outcomes = new Map<string, RenewalOutcome>();
  /** What looking at them throws. */
  fails: unknown;
  says: string | undefined;

  add(...certificates: readonly Certificate[]): void {
    for (const each of certificates) this.all.set(formatObjectName(each), each);
  }

  async look(): Promise<CertificateSight> {
    if (this.fails !== undefined) throw this.fails;
    if (this.all.size === 0) return { state: 'not-installed' };
    return { state: 'seen', certificates: [...this.all.values()] };
  }

  async find(name: ObjectName) {
    return this.all.get(formatObjectName(name));
  }

  async issuers() {
    return this.known;
  }

  async explain() {
    return this.says;
  }

  async renew(ticket: RenewalTicket) {
    this.tickets.push(ticket);
    this.renewed.push(formatObjectName(ticket.name));
  }

  async awaitRenewed({ name, revision }: RenewalTicket): Promise<RenewalOutcome> {
    const outcome = this.outcomes.get(formatObjectName(name));
    return outcome ?? { state: 'renewed', revision: revision + 1, notAfter: '2027-02-23T10:00:00Z' };
  }
}
