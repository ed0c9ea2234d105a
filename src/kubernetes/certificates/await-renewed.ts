import type { Certificate, RenewalOutcome, RenewalTicket } from '../../core/ports/certificates.ts';

/** The outcome of a Certificate that has answered the ticket, or nothing while it has not. */
export function judgeRenewal(
  certificate: Certificate | undefined,
  ticket: RenewalTicket,
): RenewalOutcome | undefined {
  if (certificate === undefined || certificate.uid !== ticket.uid) return { state: 'gone' };
  const { revision, ready, issuing, notAfter, lastFailure } = certificate;
  if (issuing.now) return undefined;
  if (revision > ticket.revision && ready.status === 'True' && notAfter !== undefined) {
    return { state: 'renewed', revision, notAfter };
  }
  if (lastFailure !== undefined && lastFailure !== ticket.lastFailure) {
    return { state: 'failed', reason: issuing.reason, message: issuing.message };
  }
  return undefined;
}

/** What a Certificate that did not answer in time was doing. */
export function describeWait(certificate: Certificate | undefined): string {
  if (certificate === undefined) return 'cert-manager has not answered yet';
  const { issuing, ready } = certificate;
  if (issuing.now) return `cert-manager is still issuing it${said(issuing.message)}`;
  return `it is not Ready yet${said(ready.message)}`;
}

function said(message: string): string {
  return message === '' ? '' : `; it says “${message}”`;
}
