import { expect, test } from 'vitest';
import { call, startCluster } from './cluster.ts';

test('the schema of a kind is the one that the API server publishes, its metadata left open', async () => {
  const { adapter } = await startCluster();
  const schema = await adapter.schemaOf('ExternalSecret', call());
  expect(schema).toMatchObject({
    properties: {
      metadata: { type: 'object' },
      spec: { properties: { refreshInterval: { default: '1h' }, target: { properties: {} } } },
    },
  });
  expect(JSON.stringify(schema)).not.toContain('$ref');
  expect(await adapter.schemaOf('Certificate', call())).toHaveProperty('properties.spec.properties.dnsNames');
});
