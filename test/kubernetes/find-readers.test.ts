import { describe, expect, test } from 'vitest';
import { formatObjectName, Namespace, ResourceName, VaultPath } from '../../src/core/names.ts';
import { SecretIndex } from '../../src/kubernetes/index-secrets.ts';
import { data, identity, shape, store } from './manifests.ts';

const path = (text: string) => VaultPath.parse(text);
const name = (text: string) => {
  const [namespace = '', object = ''] = text.split('/');
  return { namespace: Namespace.parse(namespace), name: ResourceName.parse(object) };
};

function index(...shapes: readonly ReturnType<typeof shape>[]): SecretIndex {
  const made = new SecretIndex(identity);
  made.putStore(store('vault', { path: 'kv' }));
  for (const each of shapes) made.put(each);
  return made;
}

function readers(of: SecretIndex, text: string): readonly string[] {
  return of.readersOf(path(text)).map(formatObjectName);
}

describe('readers of a path', () => {
  test('are found by every way to write it, sorted, each once', () => {
    const all = index(
      shape('media/jellyfin', { spec: data('kv/data/media/jellyfin#api-key', 'kv/media/jellyfin#other') }),
      shape('home/homarr', { spec: data('media/jellyfin') }),
      shape('home/other', { spec: data('media/jellyfin-2', 'kv/data/media') }),
      shape('apps/whole', { spec: { dataFrom: [{ extract: { key: '/media//jellyfin/' } }] } }),
    );
    expect(readers(all, 'media/jellyfin')).toEqual(['apps/whole', 'home/homarr', 'media/jellyfin']);
    expect(all.find(name('media/jellyfin'))?.reads).toEqual([
      { path: 'media/jellyfin', how: 'data', property: 'api-key', secretKey: 'k0' },
      { path: 'media/jellyfin', how: 'data', property: 'other', secretKey: 'k1' },
    ]);
    expect(all.find(name('apps/whole'))?.reads).toEqual([{ path: 'media/jellyfin', how: 'extract' }]);
  });

  test.each([
    ['everything', {}, ['media/jellyfin', 'a', 'media/jellyfin/deep']],
    ['a folder', { path: 'media' }, ['media/jellyfin', 'media/jellyfin/deep']],
    [
      'a pattern anywhere in the name',
      { name: { regexp: 'jelly' } },
      ['media/jellyfin', 'media/jellyfin/deep'],
    ],
    ['an anchored pattern', { name: { regexp: '^media/[^/]+$' } }, ['media/jellyfin']],
    [
      'a pattern over the whole name in a folder',
      { path: 'media', name: { regexp: '^media/jellyfin$' } },
      ['media/jellyfin'],
    ],
    ['RE2 syntax that JavaScript lacks', { name: { regexp: '(?i)MEDIA/\\pL+$' } }, ['media/jellyfin']],
    [
      'tags, which may fit anything in the folder',
      { path: 'media', tags: { app: 'x' } },
      ['media/jellyfin', 'media/jellyfin/deep'],
    ],
    ['a pattern that does not compile', { name: { regexp: '(?<!x)' } }, []],
  ])('are found by a search for %s', (_words, find, expected) => {
    const all = index(shape('apps/finder', { spec: { dataFrom: [{ find }] } }));
    const found = ['media/jellyfin', 'a', 'media/jellyfin/deep'].filter(
      (each) => readers(all, each).length > 0,
    );
    expect(found).toEqual(expected);
    expect(all.all()).toHaveLength(1);
  });

  test('follow a store: another server, namespace, mount or provider is not ours', () => {
    const all = index(
      shape('a/other-server', {
        spec: { secretStoreRef: { kind: 'ClusterSecretStore', name: 'other' }, ...data('x') },
      }),
      shape('a/other-space', {
        spec: { secretStoreRef: { kind: 'ClusterSecretStore', name: 'space' }, ...data('x') },
      }),
      shape('a/other-mount', {
        spec: { secretStoreRef: { kind: 'ClusterSecretStore', name: 'mount' }, ...data('x') },
      }),
      shape('a/no-store', {
        spec: { secretStoreRef: { kind: 'ClusterSecretStore', name: 'gone' }, ...data('x') },
      }),
      shape('a/no-path', {
        spec: { secretStoreRef: { kind: 'ClusterSecretStore', name: 'bare' }, ...data('kv/x') },
      }),
      shape('a/ours', { spec: data('x') }),
    );
    all.putStore(store('other', { server: 'http://vault.elsewhere.svc:8200', path: 'kv' }));
    all.putStore(store('space', { namespace: 'team', path: 'kv' }));
    all.putStore(store('mount', { path: 'secret' }));
    all.putStore(store('bare', { server: 'HTTP://Vault.Security.svc.cluster.local:8200/' }));
    expect(readers(all, 'x')).toEqual(['a/no-path', 'a/ours']);
    expect(all.stores().map((each) => each.name)).toEqual(['bare', 'vault']);
  });

  test('a store without a kind is a SecretStore of the same namespace, and an entry may name its own store', () => {
    const all = index(
      shape('a/one', { spec: { secretStoreRef: { name: 'vault' }, ...data('x') } }),
      shape('b/two', {
        spec: {
          secretStoreRef: undefined,
          data: [
            { secretKey: 'k', remoteRef: { key: 'x' }, sourceRef: { storeRef: { name: 'local' } } },
            {
              secretKey: 'l',
              remoteRef: { key: 'y' },
              sourceRef: { storeRef: { kind: 'ClusterSecretStore', name: 'vault' } },
            },
          ],
        },
      }),
    );
    expect(readers(all, 'x')).toEqual([]);
    expect(readers(all, 'y')).toEqual(['b/two']);
    all.putStore(store('vault', { path: 'kv' }, 'a'));
    all.putStore(store('local', { path: 'kv' }, 'b'));
    expect(readers(all, 'x')).toEqual(['a/one', 'b/two']);
    expect(all.find(name('b/two'))?.store).toEqual({ kind: 'SecretStore', name: 'local' });
  });

  test('change with objects and stores', () => {
    const all = index(shape('a/one', { spec: data('x') }));
    all.put(shape('a/one', { spec: data('y') }));
    expect([readers(all, 'x'), readers(all, 'y')]).toEqual([[], ['a/one']]);
    all.putStore(store('vault', { path: 'secret' }));
    expect([readers(all, 'y'), all.all()]).toEqual([[], []]);
    all.putStore(store('vault', { path: 'kv' }));
    expect(readers(all, 'y')).toEqual(['a/one']);
    all.remove(name('a/one'));
    expect([readers(all, 'y'), all.count()]).toEqual([[], 0]);
  });

  test('a path that Chatelaine does not take is left out and counted; metadata alone is no value', () => {
    const all = index(
      shape('a/odd', { spec: data('x?version=1', 'media/jеllyfin', 'fine') }),
      shape('a/meta', {
        spec: { data: [{ secretKey: 'k', remoteRef: { key: 'fine', metadataPolicy: 'Fetch' } }] },
      }),
      shape('a/generator', {
        spec: { dataFrom: [{ sourceRef: { generatorRef: { kind: 'Password', name: 'p' } } }] },
      }),
    );
    expect(all.find(name('a/odd'))?.reads.map((read) => read.path)).toEqual(['fine']);
    expect(all.refused()).toEqual({ references: 2, names: ['a/odd'] });
    expect(all.all().map(formatObjectName)).toEqual(['a/odd']);
  });

  test('are found among ten thousand', () => {
    const all = index();
    for (let at = 0; at < 10_000; at += 1) {
      all.put(shape(`ns-${at % 100}/app-${at}`, { spec: data(`kv/data/apps/app-${at % 5_000}#password`) }));
    }
    expect(readers(all, 'apps/app-4321')).toEqual(['ns-21/app-4321', 'ns-21/app-9321']);
    expect(all.all()).toHaveLength(10_000);
    expect(all.all()).toBe(all.all());
  });
});

describe('what a sync can and can not do', () => {
  const words = (overrides: Parameters<typeof shape>[1]) => {
    const spec = { ...data('x#p'), ...overrides?.spec };
    const found = index(shape('a/one', { ...overrides, spec })).find(name('a/one'));
    return { unsyncable: found?.unsyncable, unprovable: found?.unprovable };
  };

  test('nothing is in the way of an ordinary one', () => {
    expect(words({})).toEqual({ unsyncable: undefined, unprovable: [] });
    expect(words({ spec: { refreshPolicy: 'OnChange', refreshInterval: '0' } }).unsyncable).toBeUndefined();
    expect(
      words({ spec: { target: { creationPolicy: 'Merge', deletionPolicy: 'Delete' } } }).unprovable,
    ).toEqual([]);
  });

  test.each([
    [{ spec: { refreshPolicy: 'CreatedOnce' } }, /CreatedOnce/],
    [{ spec: { refreshInterval: '0' } }, /refreshInterval is 0/],
    [{ spec: { refreshInterval: '0h0m0s' } }, /refreshInterval is 0h0m0s/],
    [
      { metadata: { ownerReferences: [{ kind: 'ClusterExternalSecret', name: 'all' }] } },
      /ClusterExternalSecret all/,
    ],
    [{ metadata: { deletionTimestamp: '2026-11-24T02:00:00Z' } }, /being deleted/],
  ])('%o can not be synced', (overrides, why) => {
    expect(words(overrides).unsyncable).toMatch(why);
  });

  test('one that never synced is read once even so', () => {
    const status = { syncedResourceVersion: undefined };
    expect(words({ spec: { refreshPolicy: 'CreatedOnce' }, status }).unsyncable).toBeUndefined();
  });

  const ready = (reason: string, message = '') => ({
    status: { conditions: [{ type: 'Ready', status: 'True', reason, message }] },
  });
  test.each([
    [{ spec: { target: { immutable: true } } }, /immutable/],
    [{ spec: { target: { creationPolicy: 'None' } } }, /creationPolicy is None/],
    [
      { spec: { data: [{ secretKey: 'k', remoteRef: { key: 'x', version: '3' } }] } },
      /pins kv\/x to version 3/,
    ],
    [ready('SecretMissing'), /Merge/],
    [ready('SecretDeleted'), /deleted its Secret/],
    [ready('SecretSynced', 'secret retained due to DeletionPolicy=Retain'), /found no data/],
  ])('%o proves nothing', (overrides, why) => {
    expect(words(overrides).unprovable).toEqual([expect.stringMatching(why)]);
  });
});
