import { describe, expect, test } from 'vitest';
import { checkAgainstCluster } from '../../src/gitops/check-schema.ts';
import { certificateSchema, externalSecretSchema } from '../../src/playground/kubernetes/api/schemas.ts';

const schemaOf = () => Promise.resolve(externalSecretSchema);
const small = {
  apiVersion: 'external-secrets.io/v1',
  kind: 'ExternalSecret',
  metadata: { name: 'jellyfin' },
  spec: {
    secretStoreRef: { kind: 'ClusterSecretStore', name: 'vault' },
    data: [{ secretKey: 'api-key', remoteRef: { key: 'kv/data/media/jellyfin', property: 'api-key' } }],
  },
};

describe('checking against the cluster’s schema', () => {
  test('spells out every default, as the API server would, and keeps what was given first', async () => {
    const whole = await checkAgainstCluster(small, schemaOf);
    expect(whole).toEqual({
      ...small,
      spec: {
        ...small.spec,
        refreshInterval: '1h',
        target: { creationPolicy: 'Owner', deletionPolicy: 'Retain' },
        data: [
          {
            secretKey: 'api-key',
            remoteRef: {
              key: 'kv/data/media/jellyfin',
              property: 'api-key',
              conversionStrategy: 'Default',
              decodingStrategy: 'None',
              metadataPolicy: 'None',
            },
          },
        ],
      },
    });
    expect(small.spec).not.toHaveProperty('target');
  });

  const [entry] = small.spec.data;
  test.each<[string, object, string]>([
    [
      'a field that is misspelt',
      { ...small.spec, refreshIntervall: '1h' },
      'spec has no field refreshIntervall',
    ],
    [
      'a misspelt one in a list',
      { ...small.spec, data: [{ ...entry, remoteref: {} }] },
      'spec.data[0] has no field remoteref',
    ],
    [
      'one that is missing',
      { ...small.spec, data: [{ secretKey: 'a' }] },
      "spec.data[0] must have required property 'remoteRef'",
    ],
    ['another type', { ...small.spec, refreshInterval: 1 }, 'spec.refreshInterval must be string'],
    [
      'what is not one of the choices',
      { ...small.spec, refreshPolicy: 'Never' },
      'spec.refreshPolicy must be equal to one of the allowed values',
    ],
    [
      'a key that no Secret may have',
      { ...small.spec, data: [{ ...entry, secretKey: 'a/b' }] },
      'spec.data[0].secretKey must match pattern "^[-._a-zA-Z0-9]+$"',
    ],
  ])('refuses %s, and says where', async (_, spec, words) => {
    await expect(checkAgainstCluster({ ...small, spec }, schemaOf)).rejects.toMatchObject({
      code: 'manifest-refused',
      wrong: words,
    });
  });

  test('leaves open what the schema says nothing about', async () => {
    const metadata = { name: 'jellyfin', labels: { any: 'thing' } };
    expect(await checkAgainstCluster({ ...small, metadata }, schemaOf)).toMatchObject({ metadata });
  });

  test('a Certificate is held against its own schema', async () => {
    const certificate = { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', metadata: {} };
    const spec = { secretName: 'tls', issuerRef: { name: 'letsencrypt' } };
    const certificates = (kind: string) =>
      Promise.resolve(kind === 'Certificate' ? certificateSchema : externalSecretSchema);
    await expect(checkAgainstCluster({ ...certificate, spec }, certificates)).resolves.toMatchObject({
      spec,
    });
    await expect(
      checkAgainstCluster({ ...certificate, spec: { ...spec, dnsName: 'a.example.org' } }, certificates),
    ).rejects.toMatchObject({ wrong: 'spec has no field dnsName' });
  });

  test('refuses where the cluster has no such kind', async () => {
    await expect(checkAgainstCluster(small, () => Promise.resolve(undefined))).rejects.toMatchObject({
      code: 'manifest-refused',
      wrong: 'the cluster has no kind ExternalSecret of this version',
    });
  });
});
