import { beforeAll, describe, expect, test } from 'vitest';
import { syncedVersionOf } from '../../../src/kubernetes/synced-version.ts';
import type { VaultCall } from '../../real/support.ts';
import type { Answer, Api } from '../../servers/api.ts';
import { until } from '../../servers/until.ts';
import { cases, denials } from './cases.ts';
import { type Act, type End, failed, type SyncCase, synced, usual } from './step.ts';

/** A cluster to run the contract against: manifests/, External Secrets, and a Vault that it reads. */
export interface SyncServer {
  /** As an administrator. */
  readonly api: Api;
  /** As root. */
  readonly vault: VaultCall;
  seal(): Promise<void>;
  unseal(): Promise<void>;
  /** Takes from External Secrets the right to read values in Vault, or gives it back. */
  deny(denied: boolean): Promise<void>;
}

const namespace = 'contract';
const externalSecrets = `/apis/external-secrets.io/v1/namespaces/${namespace}/externalsecrets`;
const secrets = `/api/v1/namespaces/${namespace}/secrets`;
const store = '/apis/external-secrets.io/v1/clustersecretstores/vault';

type Body = Answer['body'];

/** Runs the one table of cases against a cluster. Nothing of the bot is in between but its formula. */
export function runSyncContract(title: string, getServer: () => SyncServer): void {
  describe(title, () => {
    let names = 0;
    let marks = 0;

    async function write(name: string, data: Act['write']): Promise<void> {
      const { vault } = getServer();
      const path = `kv/data/contract/${name}`;
      if (data === null) {
        expect((await vault('DELETE', path)).status).toBe(204);
        return;
      }
      const { body } = await vault('GET', `kv/metadata/contract/${name}`);
      const cas: number = body?.data?.current_version ?? 0;
      expect((await vault('POST', path, { options: { cas }, data })).status).toBe(200);
    }

    async function make({
      value = usual,
      customMetadata,
      metadata,
      spec,
    }: Omit<SyncCase, 'begins' | 'what'>) {
      names += 1;
      const name = `case-${names}`;
      if (value !== null) await write(name, value);
      if (customMetadata !== undefined) {
        const body = { custom_metadata: customMetadata };
        const { status } = await getServer().vault('POST', `kv/metadata/contract/${name}`, body);
        expect(status).toBe(204);
      }
      await getServer().api.need('POST', externalSecrets, {
        apiVersion: 'external-secrets.io/v1',
        kind: 'ExternalSecret',
        metadata: { name, ...metadata },
        spec: {
          refreshInterval: '1h0m0s',
          secretStoreRef: { kind: 'ClusterSecretStore', name: 'vault' },
          data: [
            { secretKey: 'api-key', remoteRef: { key: `kv/data/contract/${name}`, property: 'api-key' } },
          ],
          ...spec?.(name),
        },
      });
      return name;
    }

    const read = (name: string): Promise<Body> => getServer().api.need('GET', `${externalSecrets}/${name}`);

    async function annotate(name: string, spec: object = {}): Promise<Body> {
      marks += 1;
      const patch = { metadata: { annotations: { 'force-sync': `mark-${marks}` } }, spec };
      const { status, body } = await getServer().api.patch('merge', `${externalSecrets}/${name}`, patch);
      expect(status).toBe(200);
      return body;
    }

    async function proven(name: string, { metadata }: Body): Promise<void> {
      const expected = syncedVersionOf(metadata);
      const look = async (): Promise<boolean> =>
        (await read(name)).status?.syncedResourceVersion === expected;
      await until(look, { what: `${name} to be synced as ${expected}`, pollMs: 20, deadlineMs: 20_000 });
    }

    async function warnings(name: string): Promise<readonly Body[]> {
      const { uid } = (await read(name)).metadata;
      const selector = encodeURIComponent(`involvedObject.uid=${uid}`);
      const path = `/api/v1/namespaces/${namespace}/events?fieldSelector=${selector}`;
      const { items } = await getServer().api.need('GET', path);
      return items.filter(({ type }: Body) => type === 'Warning');
    }

    async function warned(name: string, event: End['event']): Promise<void> {
      const look = async (): Promise<boolean> =>
        (await warnings(name)).some(({ message }) => isSaid(event, message));
      await until(look, { what: `an Event of ${name} that says ${String(event)}`, deadlineMs: 20_000 }).catch(
        async (error: Error) => {
          const said = (await warnings(name)).map(({ message }) => message as string);
          throw new Error(`${error.message}; it said ${JSON.stringify(said)}`);
        },
      );
      const found = (await warnings(name)).find(({ message }) => isSaid(event, message));
      expect(found).toMatchObject({
        reason: 'UpdateFailed',
        involvedObject: { kind: 'ExternalSecret', namespace, name },
        source: { component: 'external-secrets' },
        count: expect.any(Number),
        lastTimestamp: expect.any(String),
      });
    }

    async function begin(name: string, end: End): Promise<void> {
      const isReady = async (): Promise<boolean> =>
        conditionOf(await read(name))?.status === end.ready.status;
      await until(isReady, { what: `${name} to be ${end.ready.reason}`, pollMs: 20, deadlineMs: 20_000 });
      await compare(name, end);
      if (end.ready.status === 'False') {
        const { status } = await read(name);
        expect(status).not.toHaveProperty('syncedResourceVersion');
        return;
      }
      await proven(name, await read(name));
    }

    async function compare(name: string, end: Partial<End>): Promise<void> {
      const object = await read(name);
      if (end.ready !== undefined) expect(conditionOf(object), name).toMatchObject(end.ready);
      if (end.object !== undefined) expect(object).toMatchObject(end.object);
      if (end.event !== undefined) await warned(name, end.event);
      const target: string = object.spec.target?.name ?? name;
      const answer = await getServer().api.call('GET', `${secrets}/${target}`);
      if (end.data === 'none') expect(answer.status).toBe(404);
      else if (end.data !== undefined) {
        const data = typeof end.data === 'function' ? end.data(name) : end.data;
        expect(decoded(answer.body)).toEqual(data);
      }
      if (end.secret !== undefined) expect(answer.body).toMatchObject(end.secret);
    }

    async function act(name: string, step: Act): Promise<void> {
      if (step.write !== undefined) await write(name, step.write);
      const { status: before } = await read(name);
      const marked = await annotate(name, step.spec);
      if (step.force === 'proven') await proven(name, marked);
      if (step.force === 'fails') {
        const hasFailed = async (): Promise<boolean> => conditionOf(await read(name))?.status === 'False';
        await until(hasFailed, { what: `${name} to fail`, pollMs: 20 });
      }
      if (step.force === 'ignored') await anotherIsSynced();
      await compare(name, step);
      const { status } = await read(name);
      if (step.force === 'ignored') expect(status).toEqual(before);
      if (step.force === 'fails') {
        expect(status.refreshTime).toBe(before.refreshTime);
        expect(status.syncedResourceVersion).toBe(before.syncedResourceVersion);
      }
    }

    async function anotherIsSynced(): Promise<void> {
      const name = await make({});
      await begin(name, { ready: synced });
      await proven(name, await annotate(name));
    }

    async function play(syncCase: SyncCase): Promise<string> {
      const name = await make(syncCase);
      await begin(name, syncCase.begins);
      for (const each of syncCase.acts ?? []) await act(name, each);
      return name;
    }

    async function readyOfStore(): Promise<Body> {
      return conditionOf(await getServer().api.need('GET', store));
    }

    async function annotateStore(): Promise<void> {
      marks += 1;
      const patch = { metadata: { annotations: { 'chatelaine.dev/look-again': `mark-${marks}` } } };
      expect((await getServer().api.patch('merge', store, patch)).status).toBe(200);
    }

    async function storeSays(ready: object): Promise<void> {
      const look = async (): Promise<boolean> => {
        expect(await readyOfStore()).toMatchObject(ready);
        return true;
      };
      await until(look, { what: `the store to be ${JSON.stringify(ready)}` });
    }

    beforeAll(async () => {
      const { api } = getServer();
      const put = (path: string, body: object): Promise<Answer> => api.call('POST', path, body);
      await put('/api/v1/namespaces', {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: namespace },
      });
      await put(secrets, {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'chart' },
        data: { own: Buffer.from('kept').toString('base64') },
      });
      await storeSays({ status: 'True', reason: 'Valid', message: 'store validated' });
      const { spec } = await api.need('GET', store);
      await put('/apis/external-secrets.io/v1/clustersecretstores', {
        apiVersion: 'external-secrets.io/v1',
        kind: 'ClusterSecretStore',
        metadata: { name: 'elsewhere' },
        spec: { ...spec, conditions: [{ namespaces: ['other'] }] },
      });
      const name = await make({ spec: () => ({ target: { name: 'taken' } }) });
      await begin(name, { ready: synced });
    });

    describe('while all is well', () => {
      test.concurrent.each(cases)('$what', async (each) => {
        await play(each);
      });

      test('keeps an ExternalSecret that is deleted until its finalizer is gone', async () => {
        const name = await play({ what: '', begins: { ready: synced } });
        const { api } = getServer();
        const { metadata } = await api.need('DELETE', `${externalSecrets}/${name}`);
        expect(metadata.deletionTimestamp).toEqual(expect.any(String));
        const isGone = async (): Promise<boolean> =>
          (await api.call('GET', `${externalSecrets}/${name}`)).status === 404;
        await until(isGone, { what: 'the ExternalSecret to be gone' });
      });
    });

    describe('when Vault refuses', () => {
      test.each(denials)('$what', async ({ acts = [], ...rest }) => {
        const name = await play({ ...rest });
        await getServer().deny(true);
        try {
          for (const each of acts) await act(name, each);
        } finally {
          await getServer().deny(false);
        }
        await proven(name, await annotate(name));
        expect(conditionOf(await read(name))).toMatchObject(synced);
      });
    });

    describe('when Vault is sealed', () => {
      test('fails, then its store does; an annotation on the store heals both after the unseal', async () => {
        const server = getServer();
        const name = await play({ what: '', begins: { ready: synced } });
        await server.seal();
        await act(name, {
          force: 'fails',
          ready: failed,
          data: { 'api-key': 'first' },
          event: /Code: 503[\s\S]*Vault is sealed/,
        });
        await annotateStore();
        await storeSays({
          status: 'False',
          reason: 'InvalidProviderConfig',
          message: 'unable to create client',
        });
        await annotate(name);
        await warned(name, /err: ClusterSecretStore "vault" is not ready$/);
        await server.unseal();
        await annotateStore();
        await storeSays({ status: 'True', reason: 'Valid', message: 'store validated' });
        await write(name, { 'api-key': 'after' });
        await act(name, { force: 'proven', ready: synced, data: { 'api-key': 'after' } });
      });
    });
  });
}

function conditionOf(object: Body): Body {
  return object.status?.conditions?.find(({ type }: Body) => type === 'Ready');
}

function isSaid(expected: End['event'], message: string): boolean {
  if (expected instanceof RegExp) return expected.test(message);
  return message.includes(expected ?? '');
}

function decoded(secret: Body): Record<string, string> {
  const entries = Object.entries<string>(secret.data ?? {});
  return Object.fromEntries(entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));
}
