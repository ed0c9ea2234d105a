import { afterEach, describe, expect, test } from 'vitest';
import {
  type KubeObject,
  type Manifest,
  objectsAt,
} from '../../../src/playground/kubernetes/api/kube-object.ts';
import { syncedVersion } from '../../../src/playground/kubernetes/operator/synced-version.ts';
import {
  call,
  callAsAdmin,
  clusterSecretStore,
  externalSecret,
  externalSecrets,
  startWorld,
  until,
  type World,
} from './support.ts';

// How External Secrets 0.20.4 behaved, run against OpenBao and a kube-apiserver.

let world: World;
afterEach(() => world.kubernetes.close());

function es(name = 'jellyfin', namespace = 'media'): KubeObject {
  const found = world.kubernetes.object('ExternalSecret', namespace, name);
  if (found === undefined) throw new Error(`no ExternalSecret ${namespace}/${name}`);
  return found;
}

function ready(name?: string): Readonly<Record<string, unknown>> {
  return objectsAt(es(name).status, 'conditions')[0] ?? {};
}

function secret(name = 'jellyfin', key = 'api-key'): string | undefined {
  return world.kubernetes.secretValue('media', name, key);
}

/** Annotates as the bot does; what the status will say when that was reconciled. */
async function force(mark: string, name = 'jellyfin'): Promise<string> {
  const body = { metadata: { annotations: { 'force-sync': mark } } };
  const answer = await call(world.kubernetes, 'PATCH', `${externalSecrets}/${name}`, body);
  expect(answer.status).toBe(200);
  return syncedVersion(answer.body);
}

function isSynced(expected: string, name?: string): boolean {
  return es(name).status?.['syncedResourceVersion'] === expected;
}

function lastEvent(name = 'jellyfin', type = 'Warning'): KubeObject | undefined {
  return world.kubernetes
    .objects('Event')
    .filter((event) => (event['involvedObject'] as { name: string }).name === name && event['type'] === type)
    .toSorted((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
    .at(-1);
}

function remote(remoteRef: object): object {
  return { data: [{ secretKey: 'api-key', remoteRef }] };
}

describe('a sync', () => {
  test('what is there at the start is synced, with the fields that the real one sets', async () => {
    world = await startWorld([
      externalSecret('jellyfin', {}, { annotations: { note: 'x' }, labels: { app: 'j' } }),
    ]);
    const object = es();
    // The finalizer comes with an update that also writes the interval as Go prints it.
    expect(object.metadata).toMatchObject({
      generation: 2,
      finalizers: ['externalsecrets.external-secrets.io/externalsecret-cleanup'],
    });
    expect(object.spec?.['refreshInterval']).toBe('1h0m0s');
    expect(object.status).toMatchObject({
      binding: { name: 'jellyfin' },
      refreshTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      syncedResourceVersion: syncedVersion(object),
      conditions: [{ type: 'Ready', status: 'True', reason: 'SecretSynced', message: 'secret synced' }],
    });
    const { metadata } = world.kubernetes.object('Secret', 'media', 'jellyfin') ?? {};
    expect(metadata?.annotations).toMatchObject({
      note: 'x',
      'reconcile.external-secrets.io/data-hash': expect.any(String),
    });
    expect(metadata?.labels).toMatchObject({ app: 'j', 'reconcile.external-secrets.io/managed': 'true' });
    expect(metadata?.ownerReferences).toMatchObject([
      { kind: 'ExternalSecret', name: 'jellyfin', controller: true },
    ]);
  });

  test('the annotation brings the new value; the annotation is copied to the Secret', async () => {
    world = await startWorld([externalSecret('jellyfin')]);
    world.vault.write('media/jellyfin', { 'api-key': 'second' });
    expect(secret()).toBe('first');
    const expected = await force('operation-1');
    await until(() => isSynced(expected));
    expect(secret()).toBe('second');
    const { annotations } = world.kubernetes.object('Secret', 'media', 'jellyfin')?.metadata ?? {};
    expect(annotations?.['force-sync']).toBe('operation-1');
  });

  test('a change while a reconcile is under way: the older one conflicts, the newer one is proven', async () => {
    world = await startWorld([externalSecret('jellyfin')]);
    const { kubernetes, vault } = world;
    const proven: unknown[] = [];
    kubernetes.onChange(({ object }) => {
      if (object.kind === 'ExternalSecret') proven.push(object.status?.['syncedResourceVersion']);
    });
    let second = '';
    // After the old value was read, before the status is written.
    vault.onNextRead = () => {
      vault.write('media/jellyfin', { 'api-key': 'second' });
      const annotations = { 'force-sync': 'b' };
      second = syncedVersion(kubernetes.put(externalSecret('jellyfin', {}, { annotations })));
    };
    const first = await force('a');
    await until(() => second !== '' && isSynced(second));
    expect(secret()).toBe('second');
    expect(proven).not.toContain(first);
  });

  test('after its interval it is refreshed by itself', async () => {
    world = await startWorld([externalSecret('jellyfin', { refreshInterval: '1s' })]);
    world.vault.write('media/jellyfin', { 'api-key': 'second' });
    await until(() => secret() === 'second');
  });

  test('a Secret that somebody edits or deletes is put right', async () => {
    world = await startWorld([externalSecret('jellyfin')]);
    const path = '/api/v1/namespaces/media/secrets/jellyfin';
    await callAsAdmin(world.kubernetes, 'PATCH', path, { data: { 'api-key': 'aGFuZA==' } });
    expect(secret()).toBe('hand');
    await until(() => secret() === 'first');
    await callAsAdmin(world.kubernetes, 'DELETE', path);
    await until(() => secret() === 'first');
  });

  test('an ExternalSecret that goes takes its Secret with it', async () => {
    world = await startWorld([externalSecret('jellyfin')]);
    const answer = await callAsAdmin(world.kubernetes, 'DELETE', `${externalSecrets}/jellyfin`);
    expect(answer.body.metadata.deletionTimestamp).toBeDefined();
    await until(() => world.kubernetes.object('Secret', 'media', 'jellyfin') === undefined);
    expect(world.kubernetes.object('ExternalSecret', 'media', 'jellyfin')).toBeUndefined();
  });
});

describe('what it reads', () => {
  test.each([
    ['kv/data/media/jellyfin'],
    ['kv/media/jellyfin'],
    ['media/jellyfin'],
    ['/media/jellyfin'],
    ['kv//media/jellyfin'],
    ['kv/data/media/x/../jellyfin'],
    ['media/jellyfin/'],
  ])('the key %s names the secret', async (key) => {
    world = await startWorld([externalSecret('jellyfin', remote({ key, property: 'api-key' }))]);
    expect(secret()).toBe('first');
  });

  test('a key that begins with data/ does not', async () => {
    world = await startWorld([
      externalSecret('jellyfin', remote({ key: 'data/media/jellyfin', property: 'api-key' })),
    ]);
    expect(ready()).toMatchObject({ status: 'False' });
    expect(world.vault.reads).toContain('kv/data/data/media/jellyfin');
  });

  test('without a property the whole secret as JSON', async () => {
    world = await startWorld([externalSecret('jellyfin', remote({ key: 'media/jellyfin' }))]);
    expect(JSON.parse(secret() ?? '')).toEqual({ 'api-key': 'first', other: 'sibling' });
  });

  test('extract with a template, whose metadata is what the Secret gets', async () => {
    const template = { data: { KEY: 'key={{ index . "api-key" }}', OTHER: '{{ .other }}!' } };
    world = await startWorld([
      externalSecret(
        'jellyfin',
        { data: [], dataFrom: [{ extract: { key: 'media/jellyfin' } }], target: { name: 'made', template } },
        { annotations: { note: 'x' } },
      ),
    ]);
    expect(secret('made', 'KEY')).toBe('key=first');
    expect(secret('made', 'OTHER')).toBe('sibling!');
    const made = world.kubernetes.object('Secret', 'media', 'made');
    expect(Object.keys(made?.data ?? {})).toEqual(['KEY', 'OTHER']);
    expect(made?.metadata.annotations).not.toHaveProperty('note');
  });

  test('find takes whole secrets by their names', async () => {
    const find = { path: 'media', name: { regexp: 'jelly.*$' } };
    world = await startWorld([externalSecret('jellyfin', { data: [], dataFrom: [{ find }] })]);
    expect(JSON.parse(secret('jellyfin', 'media_jellyfin') ?? '')).toMatchObject({ 'api-key': 'first' });
  });

  test('a store without a path takes the first segment as the mount', async () => {
    const spec = { provider: { vault: { server: 'http://vault', version: 'v2' } } };
    const own = { ...clusterSecretStore, metadata: { name: 'bare' }, spec };
    const secretStoreRef = { kind: 'ClusterSecretStore', name: 'bare' };
    world = await startWorld([
      own,
      externalSecret('jellyfin', {
        secretStoreRef,
        ...remote({ key: 'kv/media/jellyfin', property: 'api-key' }),
      }),
    ]);
    expect(secret()).toBe('first');
  });

  test('a SecretStore is looked for where the ExternalSecret is', async () => {
    const own: Manifest = {
      ...clusterSecretStore,
      kind: 'SecretStore',
      metadata: { name: 'own', namespace: 'media' },
    };
    const secretStoreRef = { name: 'own' };
    world = await startWorld([own, externalSecret('jellyfin', { secretStoreRef })]);
    expect(secret()).toBe('first');
  });
});

describe('failures: Ready=False, an Event, and neither field of the status advances', () => {
  test.each([
    [
      'a path that is not there',
      remote({ key: 'kv/data/media/none', property: 'x' }),
      'error processing spec.data[0] (key: kv/data/media/none), err: Secret does not exist',
    ],
    [
      'a property that is not there',
      remote({ key: 'media/jellyfin', property: 'nope' }),
      'error processing spec.data[0] (key: media/jellyfin), err: cannot find secret data for key: "nope"',
    ],
    [
      'a version that is not there',
      remote({ key: 'media/jellyfin', property: 'api-key', version: '9' }),
      'error processing spec.data[0] (key: media/jellyfin), err: Secret does not exist',
    ],
    [
      'extract of nothing',
      { data: [], dataFrom: [{ extract: { key: 'none' } }] },
      'error processing spec.dataFrom[0].extract, err: Secret does not exist',
    ],
    [
      'a store that is not there',
      { secretStoreRef: { kind: 'ClusterSecretStore', name: 'nope' } },
      'err: could not get ClusterSecretStore "nope", ClusterSecretStore.external-secrets.io "nope" not found',
    ],
  ])('%s', async (_what, spec, message) => {
    world = await startWorld([externalSecret('jellyfin', spec)]);
    expect(ready()).toMatchObject({
      status: 'False',
      reason: 'SecretSyncedError',
      message: 'could not get secret data from provider',
    });
    expect(es().status).toMatchObject({ refreshTime: null, binding: { name: '' } });
    expect(es().status).not.toHaveProperty('syncedResourceVersion');
    expect(lastEvent()).toMatchObject({
      reason: 'UpdateFailed',
      message: expect.stringContaining(message),
      involvedObject: { kind: 'ExternalSecret', uid: es().metadata.uid },
      source: { component: 'external-secrets' },
    });
  });

  test('one that was well keeps what it had, and the Event counts up', async () => {
    world = await startWorld([externalSecret('jellyfin')]);
    const before = es().status;
    world.vault.delete('media/jellyfin');
    await force('a');
    await until(() => ready()['status'] === 'False');
    expect(es().status).toMatchObject({
      refreshTime: before?.['refreshTime'],
      syncedResourceVersion: before?.['syncedResourceVersion'],
    });
    expect(secret()).toBe('first');
    await until(() => Number(lastEvent()?.['count']) >= 3);
    world.vault.write('media/jellyfin', { 'api-key': 'back' });
    await until(() => secret() === 'back');
  });

  test('a template that asks for what is not there', async () => {
    const target = { template: { data: { X: '{{ .nope }}' } } };
    world = await startWorld([externalSecret('jellyfin', { target })]);
    expect(ready()).toMatchObject({ status: 'False', message: 'could not update secret' });
    expect(lastEvent()?.['message']).toContain('map has no entry for key "nope"');
  });

  test('a Secret that another ExternalSecret owns', async () => {
    const target = { name: 'shared' };
    world = await startWorld([externalSecret('a', { target }), externalSecret('b', { target })]);
    expect(ready('a')).toMatchObject({ status: 'True' });
    expect(ready('b')).toMatchObject({
      status: 'False',
      message: 'target is owned by another ExternalSecret',
    });
  });

  test('Vault refuses', async () => {
    world = await startWorld([externalSecret('jellyfin')]);
    world.kubernetes.faults.storeDenied = true;
    await force('a');
    await until(() => ready()['status'] === 'False');
    expect(lastEvent()?.['message']).toMatch(/Code: 403[\s\S]*permission denied/);
  });
});

describe('where Ready proves nothing, or never comes', () => {
  async function forced(spec: object): Promise<void> {
    world = await startWorld([externalSecret('jellyfin', spec)]);
    world.vault.write('media/jellyfin', { 'api-key': 'second' });
    const expected = await force('a');
    await until(() => isSynced(expected));
  }

  test('an immutable target is reported as synced and keeps its value', async () => {
    await forced({ target: { immutable: true } });
    expect(ready()).toMatchObject({ status: 'True', reason: 'SecretSynced' });
    expect(secret()).toBe('first');
    const refused = await callAsAdmin(
      world.kubernetes,
      'PATCH',
      '/api/v1/namespaces/media/secrets/jellyfin',
      { data: { x: '' } },
    );
    expect(refused).toMatchObject({ status: 422 });
  });

  test('a pinned version stays', async () => {
    await forced(remote({ key: 'media/jellyfin', property: 'api-key', version: '1' }));
    expect(secret()).toBe('first');
  });

  test('creationPolicy None makes no Secret', async () => {
    await forced({ target: { creationPolicy: 'None' } });
    expect(ready()).toMatchObject({ reason: 'SecretSynced' });
    expect(world.kubernetes.object('Secret', 'media', 'jellyfin')).toBeUndefined();
  });

  test('Merge without its target is SecretMissing, and merges into one that comes', async () => {
    await forced({ target: { creationPolicy: 'Merge', name: 'chart' } });
    expect(ready()).toMatchObject({ status: 'True', reason: 'SecretMissing' });
    world.kubernetes.put({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'chart', namespace: 'media' },
      data: { own: 'eA==' },
    });
    await until(() => secret('chart') === 'second');
    expect(secret('chart', 'own')).toBe('x');
    expect(ready()).toMatchObject({ reason: 'SecretSynced' });
  });

  test('deletionPolicy Delete takes the Secret away with what it reads', async () => {
    world = await startWorld([externalSecret('jellyfin', { target: { deletionPolicy: 'Delete' } })]);
    expect(secret()).toBe('first');
    world.vault.delete('media/jellyfin');
    const expected = await force('a');
    await until(() => isSynced(expected));
    expect(ready()).toMatchObject({ status: 'True', reason: 'SecretDeleted' });
    expect(secret()).toBeUndefined();
  });

  test.each([
    ['CreatedOnce', { refreshPolicy: 'CreatedOnce' }],
    ['Periodic with an interval of 0', { refreshInterval: '0' }],
  ])('%s ignores the annotation', async (_what, spec) => {
    world = await startWorld([externalSecret('jellyfin', spec), externalSecret('other')]);
    const before = es().status;
    const reads = world.vault.reads.length;
    await force('a');
    const other = await force('a', 'other');
    await until(() => isSynced(other, 'other'));
    await until(() => world.kubernetes.settled());
    expect(es().status).toEqual(before);
    expect(world.vault.reads.length).toBe(reads + 1);
  });

  test('OnChange heeds it', async () => {
    await forced({ refreshPolicy: 'OnChange', refreshInterval: '0' });
    expect(secret()).toBe('second');
  });

  test('one that is frozen goes on when it is let go', async () => {
    world = await startWorld([externalSecret('jellyfin')]);
    world.kubernetes.faults.frozenExternalSecrets.add('media/jellyfin');
    world.vault.write('media/jellyfin', { 'api-key': 'second' });
    const expected = await force('a');
    await until(() => world.kubernetes.settled());
    expect(secret()).toBe('first');
    world.kubernetes.faults.frozenExternalSecrets.clear();
    await until(() => isSynced(expected));
  });

  test('a ClusterExternalSecret writes its own annotations over those of its children', async () => {
    const parent: Manifest = {
      apiVersion: 'external-secrets.io/v1',
      kind: 'ClusterExternalSecret',
      metadata: { name: 'everywhere' },
      spec: {
        namespaces: ['media'],
        externalSecretName: 'jellyfin',
        externalSecretSpec: externalSecret('jellyfin')['spec'],
      },
    };
    world = await startWorld([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'media' } }, parent]);
    expect(es().metadata.ownerReferences).toMatchObject([
      { kind: 'ClusterExternalSecret', name: 'everywhere' },
    ]);
    await force('a');
    await until(() => es().metadata.annotations?.['force-sync'] === undefined);
    world.vault.write('media/jellyfin', { 'api-key': 'second' });
    world.kubernetes.put({
      ...parent,
      metadata: { name: 'everywhere', annotations: { 'external-secrets.io/force-sync': 'a' } },
    });
    await until(() => secret() === 'second');
    expect(es().metadata.annotations).toEqual({ 'external-secrets.io/force-sync': 'a' });
  });
});

describe('a sealed Vault', () => {
  test('fails the ExternalSecrets, then the store; an unseal alone heals neither', async () => {
    world = await startWorld([externalSecret('jellyfin')]);
    const store = (): unknown => world.kubernetes.object('ClusterSecretStore', undefined, 'vault')?.status;
    expect(store()).toMatchObject({
      conditions: [{ status: 'True', reason: 'Valid', message: 'store validated' }],
    });
    world.vault.isSealed = true;
    await force('a');
    await until(() => ready()['status'] === 'False');
    const invalid = {
      conditions: [{ status: 'False', reason: 'InvalidProviderConfig', message: 'unable to create client' }],
    };
    await expect.poll(store, { timeout: 5_000 }).toMatchObject(invalid);
    await until(
      () =>
        lastEvent()?.['message'] ===
        'error processing spec.data[0] (key: kv/data/media/jellyfin), err: ClusterSecretStore "vault" is not ready',
    );

    world.vault.isSealed = false;
    const reads = world.vault.reads.length;
    await force('b');
    const count = Number(lastEvent()?.['count']);
    await until(() => Number(lastEvent()?.['count']) > count);
    expect(store()).toMatchObject(invalid);
    expect(world.vault.reads.length).toBe(reads);

    const annotated = {
      ...clusterSecretStore,
      metadata: { name: 'vault', annotations: { 'chatelaine.dev/look-again': '1' } },
    };
    world.kubernetes.put(annotated);
    await expect.poll(store, { timeout: 5_000 }).toMatchObject({ conditions: [{ reason: 'Valid' }] });
    const expected = await force('c');
    await until(() => isSynced(expected));
  });

  test('heals by itself when the store is checked again', async () => {
    world = await startWorld([externalSecret('jellyfin')], {
      timing: { reconcileMs: 5, spreadMs: 0, backoffMs: 20, storeRetryMs: 50 },
    });
    world.vault.isSealed = true;
    await force('a');
    await until(() => ready()['status'] === 'False');
    world.vault.isSealed = false;
    await until(() => ready()['status'] === 'True');
  });
});
