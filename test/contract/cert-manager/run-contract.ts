import { beforeAll, describe, expect, test } from 'vitest';
import type { Answer, Api } from '../../servers/api.ts';
import { until } from '../../servers/until.ts';

const certificates = '/apis/cert-manager.io/v1/namespaces/media/certificates';
const path = `${certificates}/jellyfin`;

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
}

function certificate(name: string, issuer: string): object {
  return {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name },
    spec: {
      secretName: `${name}-tls`,
      dnsNames: [`${name}.example.org`],
      privateKey: { rotationPolicy: 'Always' },
      issuerRef: { kind: 'ClusterIssuer', name: issuer },
    },
  };
}

function conditionOf(object: Answer['body'], type: string): Condition | undefined {
  return object.status?.conditions?.find((each: Condition) => each.type === type);
}

/** Runs the one table of cases against a cluster with cert-manager, as an administrator. */
export function runCertificateContract(title: string, getApi: () => Api): void {
  describe(title, () => {
    beforeAll(async () => {
      const api = getApi();
      await api.need('POST', '/api/v1/namespaces', {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'media' },
      });
      await api.need('POST', '/apis/cert-manager.io/v1/clusterissuers', {
        apiVersion: 'cert-manager.io/v1',
        kind: 'ClusterIssuer',
        metadata: { name: 'self-signed' },
        spec: { selfSigned: {} },
      });
    });

    /** Waits until the Certificate is Ready at this revision or a later one, and is not being issued. */
    async function issued(revision: number): Promise<Answer['body']> {
      const look = async (): Promise<Answer['body']> => {
        const seen = await getApi().need('GET', path);
        const settled =
          seen.status?.revision >= revision &&
          conditionOf(seen, 'Ready')?.status === 'True' &&
          conditionOf(seen, 'Issuing')?.status !== 'True';
        return settled && seen;
      };
      return until(look, { what: `revision ${revision} to be issued`, deadlineMs: 60_000 });
    }

    async function secret(): Promise<Answer['body']> {
      return getApi().need('GET', '/api/v1/namespaces/media/secrets/jellyfin-tls');
    }

    test('a self-signed Certificate becomes Ready, and its Secret holds it', async () => {
      await getApi().need('POST', certificates, certificate('jellyfin', 'self-signed'));
      const { status } = await issued(1);
      expect(status).toMatchObject({
        revision: 1,
        notBefore: expect.any(String),
        notAfter: expect.any(String),
        renewalTime: expect.any(String),
      });
      expect(conditionOf({ status }, 'Ready')).toMatchObject({ status: 'True', reason: 'Ready' });
      const { type, data, metadata } = await secret();
      expect(type).toBe('kubernetes.io/tls');
      expect(Object.keys(data).toSorted()).toEqual(['ca.crt', 'tls.crt', 'tls.key']);
      expect(metadata.annotations).toMatchObject({ 'cert-manager.io/certificate-name': 'jellyfin' });
    });

    test('is renewed by the condition that `cmctl renew` sets, and the next revision proves it', async () => {
      const api = getApi();
      const before = await issued(1);
      const old = await secret();
      const issuing = {
        type: 'Issuing',
        status: 'True',
        reason: 'ManuallyTriggered',
        message: 'Certificate re-issuance manually triggered',
        lastTransitionTime: new Date().toISOString(),
        observedGeneration: before.metadata.generation,
      };
      // A merge patch replaces the whole list; with the version that was read, nothing of another's is lost.
      const conditions = [
        ...before.status.conditions.filter((each: Condition) => each.type !== 'Issuing'),
        issuing,
      ];
      const { resourceVersion } = before.metadata;
      const answer = await api.patch('merge', `${path}/status`, {
        metadata: { resourceVersion },
        status: { conditions },
      });
      expect(answer.status).toBe(200);
      const after = await issued(before.status.revision + 1);
      expect(after.status.revision).toBe(before.status.revision + 1);
      expect(conditionOf(after, 'Ready')).toMatchObject({ status: 'True' });
      const renewed = await secret();
      expect(renewed.data['tls.crt']).not.toBe(old.data['tls.crt']);
      expect(renewed.data['tls.key']).not.toBe(old.data['tls.key']);
    });

    test('one whose issuer is not there stays not Ready, and its request says why', async () => {
      const api = getApi();
      await api.need('POST', certificates, certificate('lost', 'nowhere'));
      const requests = '/apis/cert-manager.io/v1/namespaces/media/certificaterequests';
      const request = await until(
        async () => {
          const { items } = await api.need('GET', requests);
          return items.find(
            (each: Answer['body']) =>
              each.spec.issuerRef.name === 'nowhere' && conditionOf(each, 'Ready') !== undefined,
          );
        },
        { what: 'the request to be looked at' },
      );
      expect(conditionOf(request, 'Ready')).toMatchObject({ status: 'False', reason: 'Pending' });
      const { status } = await api.need('GET', `${certificates}/lost`);
      expect(conditionOf({ status }, 'Ready')).toMatchObject({ status: 'False' });
      expect(status.revision).toBeUndefined();
    });
  });
}
