import type { Card, Field, Text } from '../../../src/core/card.ts';
import type { CommandContext } from '../../../src/core/command.ts';
import { describeDuration } from '../../../src/core/duration.ts';
import { isFault } from '../../../src/core/errors.ts';
import { formatObjectName } from '../../../src/core/names.ts';
import type { Certificate } from '../../../src/core/ports/certificates.ts';
import { describeIssuer, issuerOf } from '../../../src/operations/renew/plan-renewal.ts';

/** Where a certificate stands: who issued it for which names, until when, and what is wrong with it. */
export async function showCertificate(context: CommandContext, certificate: Certificate): Promise<Card> {
  const name = formatObjectName(certificate);
  const now = context.clock.now();
  const left = Date.parse(certificate.notAfter ?? '') - now;
  const good = certificate.ready.status === 'True' && left > 0;
  const issuer = await describeItsIssuer(context, certificate);
  return {
    state: certificate.issuing.now ? 'info' : good ? 'success' : 'warning',
    title: titleOf(certificate, name, left),
    fields: [
      { label: 'Issuer', value: issuer },
      { label: 'Names', value: certificate.dnsNames.join(', ') || 'none' },
      { label: 'Secret', value: `${certificate.namespace}/${certificate.secret}` },
      ...timeFields(certificate),
    ],
    lines: good ? [] : await troubles(context, certificate),
    actions: certificate.issuing.now ? [] : [{ label: 'Renew', command: `secret rotate ${name}` }],
  };
}

function titleOf({ ready, issuing, revision, notAfter }: Certificate, name: string, left: number): string {
  if (issuing.now) return `Certificate ${name} is being issued`;
  if (notAfter !== undefined && left <= 0)
    return `Certificate ${name} expired ${describeDuration(-left)} ago`;
  if (ready.status !== 'True') return `Certificate ${name} is not Ready (${ready.reason || 'nothing known'})`;
  return `Certificate ${name} is Ready as revision ${revision}, valid for ${describeDuration(left)}`;
}

function timeFields({ notBefore, notAfter, renewalTime, lastFailure }: Certificate): readonly Field[] {
  const field = (label: string, time: string | undefined): readonly Field[] =>
    time === undefined ? [] : [{ label, value: [{ time }] satisfies Text }];
  return [
    ...field('Issued', notBefore),
    ...field('Expires', notAfter),
    ...field('Renews itself', renewalTime),
    ...field('Last failure', lastFailure),
  ];
}

/** What is wrong, as the Certificate, its issuer and its newest request say. */
async function troubles(
  { certificates, call }: CommandContext,
  certificate: Certificate,
): Promise<readonly string[]> {
  const { ready, issuing } = certificate;
  const why = await certificates.explain(certificate, call).catch((error: unknown) => {
    if (isFault(error) && !call.signal.aborted) return undefined;
    throw error;
  });
  return [
    ...(ready.message === '' ? [] : [`cert-manager says “${ready.message}”`]),
    ...(issuing.message === '' ? [] : [`Of the issuance it says “${issuing.message}”`]),
    ...(why === undefined ? [] : [`Its request says “${why}”`]),
  ];
}

async function describeItsIssuer(
  { certificates, call }: CommandContext,
  certificate: Certificate,
): Promise<string> {
  const name = describeIssuer(certificate);
  try {
    const issuer = issuerOf(certificate, await certificates.issuers(call));
    if (issuer === 'missing') return `${name}, which is not there`;
    if (issuer === undefined) return name;
    const { type, ready } = issuer;
    return `${name} (${type}), ${ready.status === 'True' ? 'Ready' : `not Ready: ${ready.message || ready.reason}`}`;
  } catch (error) {
    if (!isFault(error) || call.signal.aborted) throw error;
    return `${name}, not known: ${error.wrong}`;
  }
}
