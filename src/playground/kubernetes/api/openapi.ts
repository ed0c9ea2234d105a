import type { Reply } from '../../http-stand-in.ts';
import { certificateSchema, externalSecretSchema } from './schemas.ts';

const published = [
  {
    group: 'external-secrets.io',
    kind: 'ExternalSecret',
    name: 'io.external-secrets.v1',
    schema: externalSecretSchema,
  },
  { group: 'cert-manager.io', kind: 'Certificate', name: 'io.cert-manager.v1', schema: certificateSchema },
] as const;

const ofMetadata = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

/** The schemas of custom kinds, by group, to everybody who is known; undefined for another path. */
export function openapi(path: string): Reply | undefined {
  const found = published.find(({ group }) => path === `/openapi/v3/apis/${group}/v1`);
  if (found === undefined) return undefined;
  const { group, kind, name, schema } = found;
  const whole = {
    ...schema,
    properties: {
      ...(schema['properties'] as object),
      metadata: { allOf: [{ $ref: `#/components/schemas/${ofMetadata}` }] },
    },
    'x-kubernetes-group-version-kind': [{ group, version: 'v1', kind }],
  };
  const schemas = { [`${name}.${kind}`]: whole, [ofMetadata]: { type: 'object' } };
  return {
    status: 200,
    body: { openapi: '3.0.0', info: { title: 'Kubernetes' }, paths: {}, components: { schemas } },
  };
}
