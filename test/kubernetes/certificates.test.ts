import { describe, expect, test } from 'vitest';
import type { Certificate, RenewalTicket } from '../../src/core/ports/certificates.ts';
import type { Manifest } from '../../src/playground/kubernetes/api/kube-object.ts';
import { call, codeOf, name, startCluster, type TestCluster, until } from './cluster.ts';

const web = name('media/web');

function certificate(more: object = {}): Manifest {
  return {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { ...web },
    spec: {
      secretName: 'web-tls',
      dnsNames: ['web.example.org'],
      issuerRef: { kind: 'ClusterIssuer', name: 'home' },
      ...more,
    },
  };
}

const issuer: Manifest = {
  apiVersion: 'cert-manager.io/v1',
  kind: 'ClusterIssuer',
  metadata: { name: 'home' },
  spec: { selfSigned: {} },
};

/** A cluster with one Certificate, which was issued once. */
async function startIssued(): Promise<TestCluster & { readonly found: Certificate }> {
  const cluster = await startCluster({
    objects: [issuer, certificate()],
    options: { pace: { poll: 20 } },
  });
  const find = () => cluster.adapter.certificates.find(web, call());
  await until(async () => (await find())?.ready.status === 'True', 'the Certificate to be issued');
  const found = await find();
  if (found === undefined) throw new Error('it is gone');
  return { ...cluster, found };
}

function ticketOf({ uid, revision, lastFailure }: Certificate): RenewalTicket {
  return { name: web, uid, revision, ...(lastFailure === undefined ? {} : { lastFailure }) };
}

describe('certificates', () => {
  test('are seen with issuer, names, Secret and times', async () => {
    const { adapter, found } = await startIssued();
    expect(found).toMatchObject({
      ...web,
      secret: 'web-tls',
      issuer: { kind: 'ClusterIssuer', group: 'cert-manager.io', name: 'home' },
      dnsNames: ['web.example.org'],
      revision: 1,
      issuing: { now: false },
      notAfter: expect.any(String),
      renewalTime: expect.any(String),
    });
    expect(await adapter.certificates.issuers(call())).toMatchObject([
      { kind: 'ClusterIssuer', name: 'home', type: 'selfSigned', ready: { status: 'True' } },
    ]);
    expect(await adapter.certificates.find(name('media/none'), call())).toBeUndefined();
  });

  test('are none where cert-manager is not installed, and that is no error', async () => {
    const { adapter, standIn } = await startCluster();
    standIn.faults.missingGroups.add('cert-manager.io');
    expect(await adapter.certificates.look(call())).toEqual({ state: 'not-installed' });
    expect(await adapter.certificates.issuers(call())).toEqual([]);
    expect(await adapter.certificates.find(web, call())).toBeUndefined();
  });

  test('are renewed, which the next revision proves; asked twice, once', async () => {
    const { adapter, found, standIn } = await startIssued();
    const before = standIn.secretValue('media', 'web-tls', 'tls.crt');
    const ticket = ticketOf(found);
    await adapter.certificates.renew(ticket, call());
    await adapter.certificates.renew(ticket, call());
    expect(await adapter.certificates.awaitRenewed(ticket, call())).toEqual({
      state: 'renewed',
      revision: 2,
      notAfter: expect.any(String),
    });
    await adapter.certificates.renew(ticket, call());
    expect((await adapter.certificates.find(web, call()))?.revision).toBe(2);
    expect(standIn.secretValue('media', 'web-tls', 'tls.crt')).not.toBe(before);
  });

  test('say that the issuer refused', async () => {
    const { adapter, found, standIn } = await startIssued();
    standIn.faults.failingIssuances.add('media/web');
    const ticket = ticketOf(found);
    await adapter.certificates.renew(ticket, call());
    expect(await adapter.certificates.awaitRenewed(ticket, call())).toEqual({
      state: 'failed',
      reason: 'Failed',
      message: expect.stringContaining('the issuer refused it'),
    });
    expect(await adapter.certificates.explain(web, call())).toBe('the issuer refused it');
  });

  test('say what they wait for when the time is up', async () => {
    const { adapter, found, standIn } = await startIssued();
    standIn.remove('ClusterIssuer', undefined, 'home');
    const ticket = ticketOf(found);
    await adapter.certificates.renew(ticket, call());
    expect(await adapter.certificates.awaitRenewed(ticket, call(400))).toEqual({
      state: 'late',
      what: expect.stringContaining('cert-manager is still issuing it'),
    });
    expect(await adapter.certificates.explain(web, call())).toContain('Referenced "ClusterIssuer" not found');
  });

  test('are gone when they were removed or made anew', async () => {
    const { adapter, found, standIn } = await startIssued();
    standIn.remove('Certificate', 'media', 'web');
    expect(await adapter.certificates.awaitRenewed(ticketOf(found), call())).toEqual({ state: 'gone' });
  });

  test('are not renewed without the admission policy', async () => {
    const { adapter, found, standIn } = await startIssued();
    standIn.faults.noAdmissionPolicy = true;
    expect(await codeOf(adapter.certificates.renew(ticketOf(found), call()))).toBe('policy-not-enforced');
  });
});
