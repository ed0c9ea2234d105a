import { describe, expect, test } from 'vitest';
import { Namespace, ResourceName } from '../../src/core/names.ts';
import type { ExternalSecret } from '../../src/core/ports/cluster.ts';
import { SecretIndex } from '../../src/kubernetes/index-secrets.ts';
import { identity, shape, store } from './manifests.ts';

/** What the port shows of the template of an ExternalSecret that takes all of a path. */
function seen(
  target: object,
  { generation = 1, status = {} }: { generation?: number; status?: object } = {},
): ExternalSecret['template'] {
  const index = new SecretIndex(identity);
  index.putStore(store('vault', { path: 'kv' }));
  const spec = { target, dataFrom: [{ extract: { key: 'media/plex' } }] };
  index.put(shape('media/plex', { metadata: { generation }, spec, status }));
  const name = { namespace: Namespace.parse('media'), name: ResourceName.parse('plex') };
  const found = index.find(name);
  expect(found).toBeDefined();
  return found?.template;
}

const by = (data: Readonly<Record<string, string>>): object => ({ template: { data } });

describe('a template', () => {
  test.each<[string, string, readonly string[]]>([
    ['a field', '{{ .claim }}', ['claim']],
    ['fields in a text', 'u={{ .user }};p={{- .pass | b64enc -}}', ['user', 'pass']],
    ['a name with a dash', '{{ index . "api-key" }}', ['api-key']],
    ['the same by get', '{{ get . `api-key` }}', ['api-key']],
    ['literals, which may be names', '{{ .claim | default "old" }}', ['old', 'claim']],
    ['a number with a point', '{{ mul .count 1.5 }}', ['count']],
    ['text alone', 'user: plex.tv', []],
  ])('says by names what comes into the Secret: %s', (_what, line, takes) => {
    expect(seen(by({ X: line }))).toEqual({ takes, settled: true });
  });

  test.each<[string, object]>([
    ['there is none', {}],
    ['it has annotations only', { template: { metadata: { annotations: { a: 'b' } } } }],
    ['it goes through all', by({ X: '{{ range $key, $value := . }}{{ $key }}{{ end }}' })],
    ['it writes all', by({ X: '{{ toJson . }}' })],
    ['it takes by a name that is made', by({ X: '{{ index . (printf "%s-key" "api") }}' })],
    [
      'it comes from elsewhere',
      { template: { data: { X: '{{ .a }}' }, templateFrom: [{ target: 'Data' }] } },
    ],
    ['it is merged into all', { template: { data: { X: '{{ .a }}' }, mergePolicy: 'Merge' } }],
    ['its Secret is another’s too', { ...by({ X: '{{ .a }}' }), creationPolicy: 'Merge' }],
  ])('says nothing where %s', (_what, target) => {
    expect(seen(target)).toBeUndefined();
  });

  test.each<[string, { generation?: number; status?: object }]>([
    ['of an older generation', { generation: 2 }],
    ['of another generation that begins alike', { status: { syncedResourceVersion: '11-abc' } }],
    ['that there is none of yet', { status: { syncedResourceVersion: undefined } }],
    [
      'of a failure',
      { status: { conditions: [{ type: 'Ready', status: 'False', reason: 'SecretSyncedError' }] } },
    ],
    [
      'of a Secret that is missing',
      { status: { conditions: [{ type: 'Ready', status: 'True', reason: 'SecretMissing' }] } },
    ],
  ])('is not settled by a status %s', (_what, more) => {
    expect(seen(by({ X: '{{ .a }}' }), more)?.settled).toBe(false);
  });
});
