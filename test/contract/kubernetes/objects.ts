import { expect } from 'vitest';
import type { Step } from './step.ts';

const namespaced = (base: string, plural: string, namespace = 'contract'): string =>
  `${base}/namespaces/${namespace}/${plural}`;

/** Collections that the cases work in. */
export const at = {
  leases: namespaced('/apis/coordination.k8s.io/v1', 'leases', 'chatelaine'),
  externalSecrets: namespaced('/apis/external-secrets.io/v1', 'externalsecrets'),
  deployments: namespaced('/apis/apps/v1', 'deployments'),
  events: namespaced('/api/v1', 'events'),
  secrets: namespaced('/api/v1', 'secrets'),
} as const;

export const account = 'system:serviceaccount:chatelaine:chatelaine';
export const policy = 'chatelaine-annotations-only';

/** A refusal as the API server words it; what is given is matched. */
export function refusal(code: number, reason: string, rest: object = {}): object {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason, code, ...rest };
}

export const text = (part: string): string => expect.stringContaining(part) as string;

export function lease(name: string, { metadata = {}, spec = {} }: Parts = {}): object {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, ...metadata },
    spec: {
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      leaseTransitions: 0,
      renewTime: '2026-11-24T10:00:00.123456Z',
      ...spec,
    },
  };
}

interface Parts {
  readonly metadata?: object;
  readonly spec?: object;
}

/** A Lease of this name is there; its version and uid are kept. */
export function madeLease(name: string, parts?: Parts): Step {
  return {
    ask: `POST ${at.leases}`,
    body: lease(name, parts),
    status: 201,
    keep: { version: 'metadata.resourceVersion', uid: 'metadata.uid' },
  };
}

/** An ExternalSecret that External Secrets leaves alone once it was read: nobody else writes it then. */
export function externalSecret(name: string): object {
  return {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name, annotations: { team: 'media' }, labels: { app: 'contract' } },
    spec: {
      refreshPolicy: 'CreatedOnce',
      refreshInterval: '1h0m0s',
      secretStoreRef: { kind: 'ClusterSecretStore', name: 'vault' },
      target: { name },
      data: [{ secretKey: 'api-key', remoteRef: { key: 'kv/data/contract/app', property: 'api-key' } }],
    },
  };
}

/** One that is there and at rest. Its version, generation and uid are kept. */
export function settledExternalSecret(name: string): readonly Step[] {
  return [
    { as: 'admin', ask: `POST ${at.externalSecrets}`, body: externalSecret(name), status: 201 },
    {
      ask: `GET ${at.externalSecrets}/${name}`,
      status: 200,
      answer: { status: { conditions: [{ type: 'Ready', status: 'True' }] } },
      keep: kept,
      until: true,
    },
  ];
}

const kept = {
  version: 'metadata.resourceVersion',
  generation: 'metadata.generation',
  uid: 'metadata.uid',
} as const;

/** A Deployment of no pods, at rest. */
export function settledDeployment(name: string): readonly Step[] {
  const labels = { app: name };
  const template = {
    metadata: { labels, annotations: { team: 'media' } },
    spec: { containers: [{ name: 'app', image: 'contract:1' }] },
  };
  const spec = { replicas: 0, selector: { matchLabels: labels }, template };
  return [
    {
      as: 'admin',
      ask: `POST ${at.deployments}`,
      body: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, labels }, spec },
      status: 201,
    },
    {
      ask: `GET ${at.deployments}/${name}`,
      status: 200,
      answer: { status: { observedGeneration: 1, conditions: atRest } },
      keep: kept,
      until: true,
    },
  ];
}

const atRest = [
  { type: 'Available', status: 'True' },
  { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' },
];

export function mark(value: string | null, resourceVersion?: string): object {
  return {
    metadata: {
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      annotations: { 'force-sync': value },
    },
  };
}

export function restart(value: string, resourceVersion?: string): object {
  return {
    ...(resourceVersion === undefined ? {} : { metadata: { resourceVersion } }),
    spec: { template: { metadata: { annotations: { 'chatelaine.dev/restarted-by': value } } } },
  };
}
