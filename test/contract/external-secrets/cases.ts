import { expect } from 'vitest';
import { failed, reading, readingFrom, type SyncCase, synced, usual } from './step.ts';

const first = { 'api-key': 'first' };
const second = { 'api-key': 'second', other: 'sibling' };
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string;
const asJson = (value: object): string => JSON.stringify(value);

const syncs: readonly SyncCase[] = [
  {
    what: 'syncs what is new, and says which object it was',
    metadata: { annotations: { note: 'x' }, labels: { app: 'j' } },
    spec: () => ({ refreshInterval: '1h' }),
    begins: {
      ready: synced,
      data: first,
      object: {
        // The finalizer comes with an update that also writes the interval as Go prints it.
        metadata: {
          generation: 2,
          finalizers: ['externalsecrets.external-secrets.io/externalsecret-cleanup'],
        },
        spec: { refreshInterval: '1h0m0s' },
        status: { refreshTime: time, binding: { name: expect.any(String) } },
      },
      secret: {
        type: 'Opaque',
        metadata: {
          labels: { app: 'j', 'reconcile.external-secrets.io/managed': 'true' },
          annotations: { note: 'x', 'reconcile.external-secrets.io/data-hash': expect.any(String) },
          ownerReferences: [{ kind: 'ExternalSecret', controller: true }],
        },
      },
    },
  },
  {
    what: 'reads again for a changed annotation, and names the object that it was on',
    metadata: { annotations: { z: '1', a: 'map[b:c] d', 'b/c': '', odd: 'é漢🔑' }, labels: { l: '1' } },
    begins: { ready: synced, data: first },
    acts: [
      { write: second, force: 'proven', ready: synced, data: { 'api-key': 'second' } },
      { force: 'proven', ready: synced, data: { 'api-key': 'second' } },
    ],
  },
  {
    what: 'copies annotations to the Secret, the one for the sync as well',
    metadata: { annotations: { note: 'x' } },
    begins: { ready: synced },
    acts: [
      {
        force: 'proven',
        secret: { metadata: { annotations: { note: 'x', 'force-sync': expect.any(String) } } },
      },
    ],
  },
  {
    what: "puts a template's annotations on the Secret in the place of its own",
    metadata: { annotations: { note: 'x' }, labels: { app: 'j' } },
    spec: () => ({ target: { template: { metadata: { annotations: { from: 'template' } } } } }),
    begins: { ready: synced, data: first },
    acts: [
      {
        force: 'proven',
        data: first,
        secret: {
          metadata: {
            annotations: expect.not.objectContaining({ note: 'x', 'force-sync': expect.anything() }),
          },
        },
      },
      { force: 'proven', secret: { metadata: { annotations: { from: 'template' } } } },
    ],
  },
];

const spelled = (key: (name: string) => string): Pick<SyncCase, 'spec'> => ({
  spec: (name) => reading({ key: key(name), property: 'api-key' }),
});

const keys: readonly SyncCase[] = [
  ...(
    [
      ['kv/data/x', (name) => `kv/data/contract/${name}`],
      ['kv/x', (name) => `kv/contract/${name}`],
      ['x', (name) => `contract/${name}`],
      ['/x', (name) => `/contract/${name}`],
      ['kv//x', (name) => `kv//contract/${name}`],
      ['kv/data/a/../x', (name) => `kv/data/a/../contract/${name}`],
      ['x/', (name) => `contract/${name}/`],
    ] satisfies readonly [string, (name: string) => string][]
  ).map(
    ([what, key]): SyncCase => ({
      what: `reads the same secret by ${what}`,
      ...spelled(key),
      begins: { ready: synced, data: first },
    }),
  ),
  {
    what: 'looks for data/x below data',
    ...spelled((name) => `data/contract/${name}`),
    begins: { ready: failed, data: 'none', event: 'Secret does not exist' },
  },
];

/** What `find` makes of a whole secret: its name without what a key can't have, and all of it as JSON. */
const found =
  (value: object) =>
  (name: string): Readonly<Record<string, string>> => ({ [`contract_${name}`]: asJson(value) });

const contents: readonly SyncCase[] = [
  {
    what: 'reads a whole secret as JSON where no property is named',
    spec: (name) => reading({ key: `contract/${name}` }),
    begins: { ready: synced, data: { 'api-key': asJson(usual) } },
  },
  {
    what: 'reads a property within a property, and one whose own name has a dot',
    value: { 'a.b': 'dotted', c: { d: 'nested', e: { f: 1 } }, n: 5, t: true },
    spec: (name) => ({
      data: ['a.b', 'c.d', 'c.e', 'n', 't'].map((property) => ({
        secretKey: property,
        remoteRef: { key: `contract/${name}`, property },
      })),
    }),
    begins: {
      ready: synced,
      data: { 'a.b': 'dotted', 'c.d': 'nested', 'c.e': '{"f":1}', n: '5', t: 'true' },
    },
  },
  {
    what: 'extracts all properties',
    spec: (name) => readingFrom({ extract: { key: `contract/${name}` } }),
    begins: { ready: synced, data: usual },
    acts: [{ write: second, force: 'proven', data: second }],
  },
  {
    what: 'extracts into a template',
    spec: (name) => ({
      ...readingFrom({ extract: { key: `contract/${name}` } }),
      target: { template: { data: { KEY: 'key={{ index . "api-key" }}', OTHER: '{{ .other }}!' } } },
    }),
    begins: { ready: synced, data: { KEY: 'key=first', OTHER: 'sibling!' } },
    // What a template no longer names goes from the Secret, and the status names the generation that it went with.
    acts: [
      {
        spec: { target: { template: { data: { OTHER: null } } } },
        force: 'proven',
        data: { KEY: 'key=first' },
      },
    ],
  },
  {
    what: 'finds whole secrets by their names',
    spec: (name) => readingFrom({ find: { path: 'contract', name: { regexp: `${name}$` } } }),
    begins: { ready: synced, data: found(usual) },
    acts: [{ write: second, force: 'proven', ready: synced, data: found(second) }],
  },
  {
    what: 'finds whole secrets by their tags',
    customMetadata: { team: 'found-by-tag' },
    spec: () => readingFrom({ find: { tags: { team: 'found-by-tag' } } }),
    begins: { ready: synced, data: found(usual) },
    acts: [{ write: second, force: 'proven', ready: synced, data: found(second) }],
  },
  {
    what: 'decodes, and takes data over what was extracted',
    value: { 'api-key': Buffer.from('decoded').toString('base64'), other: 'sibling' },
    spec: (name) => ({
      dataFrom: [{ extract: { key: `contract/${name}` } }],
      data: [
        {
          secretKey: 'api-key',
          remoteRef: { key: `contract/${name}`, property: 'api-key', decodingStrategy: 'Base64' },
        },
      ],
    }),
    begins: { ready: synced, data: { 'api-key': 'decoded', other: 'sibling' } },
  },
  {
    what: 'reads custom_metadata in the place of the value, where it is told to',
    customMetadata: { owner: 'media' },
    spec: (name) => reading({ key: `contract/${name}`, property: 'owner', metadataPolicy: 'Fetch' }),
    begins: { ready: synced, data: { 'api-key': 'media' } },
  },
  {
    what: 'makes names of keys that a Secret can have',
    value: { 'a b': 'x', 'c/d': 'y' },
    spec: (name) => readingFrom({ extract: { key: `contract/${name}` } }),
    begins: { ready: synced, data: { a_b: 'x', c_d: 'y' } },
  },
];

const inData = (name: string, err: string): string =>
  `error processing spec.data[0] (key: ${name}), err: ${err}`;

const failures: readonly SyncCase[] = [
  {
    what: 'fails on a path that is not there, and heals when it is',
    value: null,
    begins: {
      ready: failed,
      data: 'none',
      event:
        /^error processing spec\.data\[0\] \(key: kv\/data\/contract\/[\w-]+\), err: Secret does not exist$/,
      object: { status: { refreshTime: null, binding: { name: '' } } },
    },
    acts: [{ write: second, force: 'proven', ready: synced, data: { 'api-key': 'second' } }],
  },
  {
    what: 'fails on a property that is not there',
    spec: (name) => reading({ key: `contract/${name}`, property: 'nope' }),
    begins: { ready: failed, data: 'none', event: 'err: cannot find secret data for key: "nope"' },
  },
  {
    what: 'fails where a property went away, and keeps what it had',
    begins: { ready: synced, data: first },
    acts: [
      {
        write: { other: 'sibling' },
        force: 'fails',
        ready: failed,
        data: first,
        event: 'err: cannot find secret data for key: "api-key"',
      },
      { write: second, force: 'proven', ready: synced, data: { 'api-key': 'second' } },
    ],
  },
  {
    what: 'fails where the newest version was deleted, and keeps what it had',
    begins: { ready: synced, data: first },
    acts: [{ write: null, force: 'fails', ready: failed, data: first, event: 'err: Secret does not exist' }],
  },
  {
    what: 'fails on a version that is not there',
    spec: (name) => reading({ key: `contract/${name}`, property: 'api-key', version: '9' }),
    begins: { ready: failed, data: 'none', event: 'err: Secret does not exist' },
  },
  {
    what: 'fails to extract nothing',
    value: null,
    spec: (name) => readingFrom({ extract: { key: `contract/${name}` } }),
    begins: {
      ready: failed,
      data: 'none',
      event: 'error processing spec.dataFrom[0].extract, err: Secret does not exist',
    },
  },
  {
    what: 'fails without its ClusterSecretStore',
    spec: () => ({ secretStoreRef: { kind: 'ClusterSecretStore', name: 'nope' } }),
    begins: {
      ready: failed,
      data: 'none',
      event:
        'could not get ClusterSecretStore "nope", ClusterSecretStore.external-secrets.io "nope" not found',
    },
  },
  {
    what: 'fails by a store that this namespace may not use',
    spec: () => ({ secretStoreRef: { kind: 'ClusterSecretStore', name: 'elsewhere' } }),
    begins: {
      ready: failed,
      data: 'none',
      event:
        'using cluster store "elsewhere" is not allowed from namespace "contract": denied by spec.condition',
    },
  },
  {
    what: 'looks for a SecretStore in its own namespace',
    spec: () => ({ secretStoreRef: { name: 'vault' } }),
    begins: {
      ready: failed,
      data: 'none',
      event: 'could not get SecretStore "vault", SecretStore.external-secrets.io "vault" not found',
    },
  },
  {
    what: 'fails on a template that asks for what is not there',
    spec: () => ({ target: { template: { data: { X: '{{ .nope }}' } } } }),
    begins: {
      ready: { ...failed, message: 'could not update secret' },
      data: 'none',
      event: 'map has no entry for key "nope"',
    },
  },
  {
    what: 'fails on what can not be decoded',
    spec: (name) => reading({ key: `contract/${name}`, property: 'api-key', decodingStrategy: 'Base64' }),
    begins: {
      ready: failed,
      data: 'none',
      event: 'err: error applying decoding strategy Base64 to data: illegal base64 data at input byte 4',
    },
  },
  {
    what: 'fails on a Secret that another ExternalSecret has',
    spec: () => ({ target: { name: 'taken' } }),
    begins: {
      ready: { ...failed, message: 'target is owned by another ExternalSecret' },
      event: 'secret is owned by another ExternalSecret',
    },
  },
];

const unproven: readonly SyncCase[] = [
  {
    what: 'calls an immutable target synced, and leaves its value',
    spec: () => ({ target: { immutable: true } }),
    begins: { ready: synced, data: first, secret: { immutable: true } },
    acts: [{ write: second, force: 'proven', ready: synced, data: first }],
  },
  {
    what: 'calls a pinned version synced, and leaves its value',
    spec: (name) => reading({ key: `contract/${name}`, property: 'api-key', version: '1' }),
    begins: { ready: synced, data: first },
    acts: [{ write: second, force: 'proven', ready: synced, data: first }],
  },
  {
    what: 'makes no Secret with creationPolicy None, and calls it synced',
    spec: () => ({ target: { creationPolicy: 'None' } }),
    begins: { ready: synced, data: 'none' },
    acts: [{ write: second, force: 'proven', ready: synced, data: 'none' }],
  },
  {
    what: 'calls it Ready that there is nothing to merge into',
    spec: (name) => ({ target: { creationPolicy: 'Merge', name: `${name}-chart` } }),
    begins: {
      ready: {
        status: 'True',
        reason: 'SecretMissing',
        message: 'secret will not be created due to CreationPolicy=Merge',
      },
    },
    acts: [{ write: second, force: 'proven', data: 'none' }],
  },
  {
    what: 'merges into a Secret that is there',
    spec: () => ({ target: { creationPolicy: 'Merge', name: 'chart' } }),
    begins: { ready: synced, secret: { data: { own: expect.any(String) } } },
    acts: [{ write: second, force: 'proven', ready: synced, data: { own: 'kept', 'api-key': 'second' } }],
  },
  {
    what: 'deletes the Secret with deletionPolicy Delete, and calls it Ready',
    spec: () => ({ target: { deletionPolicy: 'Delete' } }),
    begins: { ready: synced, data: first },
    acts: [
      {
        write: null,
        force: 'proven',
        ready: {
          status: 'True',
          reason: 'SecretDeleted',
          message: 'secret deleted due to DeletionPolicy=Delete',
        },
        data: 'none',
      },
    ],
  },
  ...(
    [
      ['CreatedOnce', { refreshPolicy: 'CreatedOnce' }],
      ['Periodic with an interval of 0', { refreshPolicy: 'Periodic', refreshInterval: '0' }],
      ['an interval of 0', { refreshInterval: '0s' }],
    ] as const
  ).map(
    ([what, spec]): SyncCase => ({
      what: `ignores the annotation with ${what}`,
      spec: () => spec,
      begins: { ready: synced, data: first },
      acts: [{ write: second, force: 'ignored', ready: synced, data: first }],
    }),
  ),
  {
    what: 'heeds the annotation with OnChange',
    spec: () => ({ refreshPolicy: 'OnChange', refreshInterval: '0' }),
    begins: { ready: synced, data: first },
    acts: [{ write: second, force: 'proven', ready: synced, data: { 'api-key': 'second' } }],
  },
];

/** What the adapter relies on of External Secrets, while Vault is well. */
export const cases: readonly SyncCase[] = [...syncs, ...keys, ...contents, ...failures, ...unproven];

/** What happens to one that was synced when Vault refuses, and then lets it read again. */
export const denials: readonly SyncCase[] = [
  {
    what: 'fails when Vault refuses what it asks, and keeps what it had',
    begins: { ready: synced, data: first },
    acts: [
      {
        write: second,
        force: 'fails',
        ready: failed,
        data: first,
        event: new RegExp(
          `${inData('kv/data/contract/NAME', 'cannot read secret data from Vault: ')
            .replace(/[[\]()]/g, '\\$&')
            .replace(
              'NAME',
              '[\\w-]+',
            )}Error making API request\\.\\n\\nURL: GET http[\\s\\S]*Code: 403\\. Errors:\\n\\n\\* 1 error occurred:\\n\\t\\* permission denied`,
        ),
      },
    ],
  },
];
