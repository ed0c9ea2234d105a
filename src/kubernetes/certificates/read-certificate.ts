import { z } from 'zod';
import { Namespace, ResourceName } from '../../core/names.ts';
import type { Certificate } from '../../core/ports/certificates.ts';
import { listOf } from '../lists.ts';
import { present } from '../present.ts';
import { Conditions, readyOf } from '../read-condition.ts';
import { oneLine } from '../say.ts';

const Time = z.iso.datetime({ offset: true }).nullish();

const Shape = z.object({
  metadata: z.object({ namespace: Namespace, name: ResourceName, uid: z.string() }),
  spec: z.object({
    secretName: ResourceName,
    dnsNames: listOf(z.string()),
    issuerRef: z.object({
      name: z.string(),
      kind: z.string().nullish(),
      group: z.string().nullish(),
    }),
  }),
  status: z
    .object({
      conditions: Conditions,
      revision: z.number().nullish(),
      notBefore: Time,
      notAfter: Time,
      renewalTime: Time,
      lastFailureTime: Time,
    })
    .nullish(),
});

export const certManagerGroup = 'cert-manager.io';

/** A Certificate as cert-manager keeps it; undefined for what is none. */
export function readCertificate(object: unknown): Certificate | undefined {
  const read = Shape.safeParse(object).data;
  if (read === undefined) return undefined;
  const { metadata, spec, status } = read;
  const { issuerRef } = spec;
  return {
    ...metadata,
    secret: spec.secretName,
    issuer: {
      name: oneLine(issuerRef.name, 253),
      kind: oneLine(issuerRef.kind || 'Issuer', 63),
      group: oneLine(issuerRef.group || certManagerGroup, 253),
    },
    dnsNames: spec.dnsNames.map((name) => oneLine(name, 253)),
    ready: readyOf(status?.conditions ?? []),
    issuing: issuingOf(status?.conditions ?? []),
    revision: status?.revision ?? 0,
    ...timesOf(status),
  };
}

function issuingOf(conditions: Conditions): Certificate['issuing'] {
  const found = conditions.find(({ type }) => type === 'Issuing');
  if (found === undefined) return { now: false, reason: '', message: '' };
  const { status, reason, message } = found;
  return { now: status === 'True', reason: oneLine(reason, 80), message: oneLine(message) };
}

function timesOf(status: z.infer<typeof Shape>['status']) {
  const { notBefore, notAfter, renewalTime, lastFailureTime: lastFailure } = status ?? {};
  return present({ notBefore, notAfter, renewalTime, lastFailure });
}
