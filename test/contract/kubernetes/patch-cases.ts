import { expect } from 'vitest';
import {
  at,
  lease,
  mark,
  refusal,
  restart,
  settledDeployment,
  settledExternalSecret,
  text,
} from './objects.ts';
import type { ContractCase } from './step.ts';

const es = (name: string): string => `${at.externalSecrets}/${name}`;
const deployment = (name: string): string => `${at.deployments}/${name}`;

/** Merge patches, of custom objects and of workloads. */
export const patchCases: readonly ContractCase[] = [
  {
    what: 'annotates a custom object by a merge patch, and gives it as it is then',
    steps: (name) => [
      ...settledExternalSecret(name),
      {
        ask: `PATCH ${es(name)}?fieldManager=chatelaine`,
        body: mark('op-1', '$version'),
        status: 200,
        answer: {
          metadata: {
            name,
            annotations: { team: 'media', 'force-sync': 'op-1' },
            labels: { app: 'contract' },
            generation: '$generation',
          },
          spec: { data: [{ secretKey: 'api-key' }] },
          status: { syncedResourceVersion: expect.any(String) },
        },
        keep: { newer: 'metadata.resourceVersion' },
      },
      {
        ask: `PATCH ${es(name)}`,
        body: mark('op-2', '$version'),
        status: 409,
        answer: refusal(409, 'Conflict', {
          message: text('the object has been modified'),
          details: { name, group: 'external-secrets.io', kind: 'externalsecrets' },
        }),
      },
      {
        ask: `PATCH ${es(name)}`,
        body: mark('op-1'),
        status: 200,
        answer: { metadata: { resourceVersion: '$newer' } },
      },
      {
        ask: `PATCH ${es(name)}`,
        body: mark(null),
        status: 200,
        answer: { metadata: { annotations: { team: 'media' } } },
        absent: ['metadata.annotations.force-sync'],
      },
    ],
  },
  {
    what: 'restarts a workload by a merge patch of its pod template',
    steps: (name) => [
      ...settledDeployment(name),
      {
        ask: `PATCH ${deployment(name)}?fieldManager=chatelaine`,
        body: restart('op-1', '$version'),
        status: 200,
        answer: {
          metadata: { generation: 2 },
          spec: {
            replicas: 0,
            template: {
              metadata: { annotations: { team: 'media', 'chatelaine.dev/restarted-by': 'op-1' } },
              spec: { containers: [{ name: 'app', image: 'contract:1' }] },
            },
          },
        },
      },
      {
        ask: `PATCH ${deployment(name)}`,
        body: restart('op-2', '$version'),
        status: 409,
        answer: refusal(409, 'Conflict', { details: { name, group: 'apps', kind: 'deployments' } }),
      },
      {
        ask: `GET ${deployment(name)}`,
        status: 200,
        answer: { metadata: { generation: 2 }, status: { observedGeneration: 2 } },
        until: true,
      },
    ],
  },
  {
    what: 'counts the generation for the spec alone',
    steps: (name) => [
      ...settledExternalSecret(name),
      {
        as: 'admin',
        ask: `PATCH ${es(name)}`,
        body: { metadata: { labels: { more: 'yes' }, annotations: { x: 'y' } } },
        status: 200,
        answer: { metadata: { generation: '$generation' } },
      },
      {
        as: 'admin',
        ask: `PATCH ${es(name)}`,
        body: { spec: { refreshInterval: '2h0m0s' } },
        status: 200,
        answer: { metadata: { generation: 2 } },
      },
    ],
  },
  {
    what: 'stores nothing of a dry run',
    steps: (name) => [
      ...settledExternalSecret(name),
      {
        as: 'admin',
        ask: `PATCH ${es(name)}?dryRun=All`,
        body: { spec: { refreshInterval: '2h0m0s' } },
        status: 200,
        answer: { spec: { refreshInterval: '2h0m0s' } },
      },
      { ask: `PATCH ${es(name)}?dryRun=All`, body: mark('op-1'), status: 200 },
      {
        ask: `GET ${es(name)}`,
        status: 200,
        answer: { metadata: { resourceVersion: '$version' }, spec: { refreshInterval: '1h0m0s' } },
        absent: ['metadata.annotations.force-sync'],
      },
      { ask: `POST ${at.leases}?dryRun=All`, body: lease(name), status: 201 },
      { ask: `GET ${at.leases}/${name}`, status: 404 },
      {
        ask: `PATCH ${es(name)}?dryRun=Some`,
        body: mark('op-1'),
        status: 422,
        answer: refusal(422, 'Invalid', {
          message: text('dryRun: Unsupported value: ["Some"]: supported values: "All"'),
        }),
      },
    ],
  },
  {
    what: 'knows no object of another name, and takes no patch of another type',
    steps: (name) => [
      {
        ask: `PATCH ${es(name)}`,
        body: mark('op-1'),
        status: 404,
        answer: refusal(404, 'NotFound', {
          message: `externalsecrets.external-secrets.io "${name}" not found`,
          details: { name, group: 'external-secrets.io', kind: 'externalsecrets' },
        }),
      },
      ...settledExternalSecret(name),
      {
        ask: `PATCH ${es(name)}`,
        contentType: 'application/strategic-merge-patch+json',
        body: mark('op-1'),
        status: 415,
        answer: refusal(415, 'UnsupportedMediaType'),
      },
    ],
  },
];
