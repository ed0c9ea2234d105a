import type { CommandContext } from '../../core/command.ts';
import { describeDuration } from '../../core/duration.ts';
import { ChatelaineError } from '../../core/errors.ts';
import { formatObjectName } from '../../core/names.ts';
import type { Certificate, Issuer } from '../../core/ports/certificates.ts';
import { RenewState } from './renew.ts';

/** ACME's orders take their time; cert-manager goes on after this, and the card says so. */
const waitMs = 5 * 60_000;

/**
 * What a renewal begins with. Throws already-at-work where it is being issued, limit-reached where it was issued a
 * moment ago (issuers that count would refuse the next ones), not-rotatable where the issuer can't issue.
 */
export async function planRenewal(
  { certificates, clock, settings, call }: CommandContext,
  certificate: Certificate,
  reason: string | undefined,
): Promise<RenewState> {
  requireRested(certificate, clock.now(), settings.pauseSeconds * 1000);
  requireIssuer(certificate, await certificates.issuers(call));
  const { namespace, name, secret, dnsNames, uid, revision, lastFailure } = certificate;
  return RenewState.parse({
    namespace,
    name,
    secret,
    dnsNames,
    uid,
    revision,
    ...(lastFailure === undefined ? {} : { lastFailure }),
    issuer: describeIssuer(certificate),
    waitMs,
    ...(reason === undefined ? {} : { reason }),
    progress: { state: 'waiting' },
  });
}

type RefusalCode = 'already-at-work' | 'limit-reached' | 'not-rotatable';

function refusal(certificate: Certificate, code: RefusalCode, wrong: string, next: string): ChatelaineError {
  const doing = `renewing certificate ${formatObjectName(certificate)}`;
  return new ChatelaineError({ code, doing, wrong, state: 'Nothing changed.', next });
}

function requireRested(certificate: Certificate, now: number, pauseMs: number): void {
  const { issuing, notBefore } = certificate;
  if (issuing.now) {
    const wrong = `cert-manager is issuing it already${issuing.message === '' ? '' : `: ${issuing.message}`}`;
    const next = `See how it goes with /secret status ${formatObjectName(certificate)}.`;
    throw refusal(certificate, 'already-at-work', wrong, next);
  }
  const age = now - Date.parse(notBefore ?? '');
  if (!(age < pauseMs)) return;
  const wrong = `it was issued ${describeDuration(Math.max(0, age))} ago, and the pause between two is ${describeDuration(pauseMs)}`;
  const next = 'Wait that long: issuers count, and refuse those who ask too often.';
  throw refusal(certificate, 'limit-reached', wrong, next);
}

function requireIssuer(certificate: Certificate, issuers: readonly Issuer[]): void {
  const issuer = issuerOf(certificate, issuers);
  if (issuer === undefined || (issuer !== 'missing' && issuer.ready.status === 'True')) return;
  const why =
    issuer === 'missing' ? 'is not there' : `is not Ready (${issuer.ready.reason || 'it says nothing yet'})`;
  const wrong = `its issuer ${describeIssuer(certificate)} ${why}`;
  const next = 'Mend the issuer first: the certificate that is there goes on meanwhile.';
  throw refusal(certificate, 'not-rotatable', wrong, next);
}

/** `ClusterIssuer letsencrypt`. */
export function describeIssuer({ issuer }: Certificate): string {
  return `${issuer.kind} ${issuer.name}`;
}

/** Undefined for an issuer of somebody else's kind, of which nothing can be known. */
export function issuerOf(
  { issuer, namespace }: Certificate,
  issuers: readonly Issuer[],
): Issuer | 'missing' | undefined {
  if (issuer.group !== 'cert-manager.io' || !['Issuer', 'ClusterIssuer'].includes(issuer.kind))
    return undefined;
  const found = issuers.find(
    (each) =>
      each.kind === issuer.kind &&
      each.name === issuer.name &&
      (each.kind === 'ClusterIssuer' || each.namespace === namespace),
  );
  return found ?? 'missing';
}
