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
  const doing = `renewing certificate ${formatObjectName(certificate)}`;
  const refuse = (code: 'already-at-work' | 'limit-reached' | 'not-rotatable', wrong: string, next: string) =>
    new ChatelaineError({ code, doing, wrong, state: 'Nothing changed.', next });
  if (certificate.issuing.now) {
    const says = certificate.issuing.message;
    const wrong = `cert-manager is issuing it already${says === '' ? '' : `: ${says}`}`;
    throw refuse(
      'already-at-work',
      wrong,
      `See how it goes with /secret status ${formatObjectName(certificate)}.`,
    );
  }
  const age = clock.now() - Date.parse(certificate.notBefore ?? '');
  if (age < settings.pauseSeconds * 1000) {
    const wrong = `it was issued ${describeDuration(Math.max(0, age))} ago, and the pause between two is ${describeDuration(settings.pauseSeconds * 1000)}`;
    throw refuse(
      'limit-reached',
      wrong,
      'Wait that long: issuers count, and refuse those who ask too often.',
    );
  }
  const issuer = issuerOf(certificate, await certificates.issuers(call));
  if (issuer === 'missing' || (issuer !== undefined && issuer.ready.status !== 'True')) {
    const why =
      issuer === 'missing'
        ? 'is not there'
        : `is not Ready (${issuer.ready.reason || 'it says nothing yet'})`;
    const wrong = `its issuer ${describeIssuer(certificate)} ${why}`;
    throw refuse(
      'not-rotatable',
      wrong,
      'Mend the issuer first: the certificate that is there goes on meanwhile.',
    );
  }
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
