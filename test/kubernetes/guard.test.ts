import { describe, expect, test } from 'vitest';
import { call, codeOf, fault, manifest, name, startCluster, vaultStore } from './cluster.ts';

const dryRuns = (received: readonly { readonly method: string; readonly url: string }[]) =>
  received.filter(({ method, url }) => method === 'PATCH' && url.includes('dryRun=All')).length;

describe('the guard', () => {
  test('finds the policy in force by a dry run, and remembers it', async () => {
    const { adapter, received, standIn } = await startCluster({ objects: [manifest('media/jellyfin')] });
    const before = standIn.object('ExternalSecret', 'media', 'jellyfin');
    expect(await adapter.cluster.guard('ExternalSecret', call())).toEqual({ state: 'enforced' });
    expect(await adapter.cluster.guard('ExternalSecret', call())).toEqual({ state: 'enforced' });
    expect(dryRuns(received)).toBe(1);
    expect(standIn.object('ExternalSecret', 'media', 'jellyfin')).toEqual(before);
  });

  test.each(['ClusterSecretStore', 'SecretStore'] as const)('tries a %s as well', async (kind) => {
    const own = { ...vaultStore, kind: 'SecretStore', metadata: { name: 'own', namespace: 'media' } };
    const { adapter } = await startCluster({ objects: [own] });
    expect(await adapter.cluster.guard(kind, call())).toEqual({ state: 'enforced' });
    const other = await startCluster({ objects: [own] });
    other.standIn.faults.noAdmissionPolicy = true;
    expect(await other.adapter.cluster.guard(kind, call())).toMatchObject({ state: 'not-enforced' });
  });

  test('finds the policy missing, and nothing is patched then', async () => {
    const { adapter, standIn } = await startCluster({ objects: [manifest('media/jellyfin')] });
    standIn.faults.noAdmissionPolicy = true;
    const before = standIn.object('ExternalSecret', 'media', 'jellyfin');
    expect(await adapter.cluster.guard('ExternalSecret', call())).toMatchObject({
      state: 'not-enforced',
      why: expect.stringContaining('chatelaine-annotations-only') as string,
    });
    expect(await codeOf(adapter.cluster.forceSync(name('media/jellyfin'), 'op-1', call()))).toBe(
      'policy-not-enforced',
    );
    expect(standIn.object('ExternalSecret', 'media', 'jellyfin')).toEqual(before);
  });

  test('does not take the refusal of another policy for its own', async () => {
    const { connect } = await startCluster({ objects: [manifest('media/jellyfin')] });
    const adapter = await connect({ policy: 'of-somebody-else' });
    await adapter.ready(AbortSignal.timeout(10_000));
    expect(await adapter.cluster.guard('ExternalSecret', call())).toMatchObject({
      state: 'unknown',
      why: expect.stringContaining('another admission policy') as string,
    });
  });

  test('does not know without a right, without an object, without an answer', async () => {
    const { adapter, standIn } = await startCluster({ objects: [manifest('media/jellyfin')] });
    const why = async (kind: 'ExternalSecret' | 'DaemonSet') => {
      const guard = await adapter.cluster.guard(kind, call());
      return guard.state === 'unknown' ? guard.why : guard.state;
    };
    expect(await why('DaemonSet')).toBe('there is no DaemonSet to test the admission policy on');
    standIn.faults.down = true;
    expect(await why('ExternalSecret')).toMatch(/API server broke the connection off/);
    standIn.faults.down = false;
    standIn.faults.denied = true;
    expect(await why('ExternalSecret')).toMatch(/may not patch externalsecrets in media/);
  });

  test('that gets no answer is no policy that is missing', async () => {
    const { adapter, standIn } = await startCluster({ objects: [manifest('media/jellyfin')] });
    standIn.faults.down = true;
    expect(await codeOf(adapter.cluster.forceSync(name('media/jellyfin'), 'op-1', call()))).toBe(
      'kubernetes-unreachable',
    );
  });

  test('throws what ended the call', async () => {
    const { adapter } = await startCluster({ objects: [manifest('media/jellyfin')] });
    const signal = AbortSignal.abort(fault('lease-lost'));
    expect(await codeOf(adapter.cluster.guard('ExternalSecret', { ...call(), signal }))).toBe('lease-lost');
  });
});
