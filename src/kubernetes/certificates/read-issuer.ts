import { z } from 'zod';
import { Namespace } from '../../core/names.ts';
import type { Issuer } from '../../core/ports/certificates.ts';
import { present } from '../present.ts';
import { Conditions, readyOf } from '../read-condition.ts';
import { certManagerGroup } from './read-certificate.ts';

const Shape = z.object({
  metadata: z.object({ namespace: Namespace.optional(), name: z.string() }),
  spec: z.record(z.string(), z.unknown()),
  status: z.object({ conditions: Conditions }).nullish(),
});

const types = ['acme', 'ca', 'selfSigned', 'vault', 'venafi'];

/** An Issuer or ClusterIssuer as cert-manager keeps it; undefined for what is none. Nothing of its credentials is read. */
export function readIssuer(kind: 'Issuer' | 'ClusterIssuer', object: unknown): Issuer | undefined {
  const read = Shape.safeParse(object).data;
  if (read === undefined) return undefined;
  const { metadata, spec, status } = read;
  return {
    ...present(metadata),
    kind,
    group: certManagerGroup,
    type: types.find((type) => spec[type] !== undefined) ?? 'unknown',
    ready: readyOf(status?.conditions ?? []),
  };
}
