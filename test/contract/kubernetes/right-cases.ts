import { expect } from 'vitest';
import {
  account,
  at,
  externalSecret,
  policy,
  refusal,
  settledDeployment,
  settledExternalSecret,
  text,
} from './objects.ts';
import type { ContractCase, Step } from './step.ts';

const es = (name: string): string => `${at.externalSecrets}/${name}`;
const deployment = (name: string): string => `${at.deployments}/${name}`;

const denied = (resource: string, name: string): object =>
  refusal(422, 'Invalid', {
    message: text(
      `${resource} "${name}" is forbidden: ValidatingAdmissionPolicy '${policy}' with binding '${policy}' denied request: chatelaine may not`,
    ),
    details: {
      name,
      causes: [
        { message: text(`ValidatingAdmissionPolicy '${policy}' with binding '${policy}' denied request:`) },
      ],
    },
  });

/** Who may do what, and how it is said that they may not. */
export const rightCases: readonly ContractCase[] = [
  {
    what: 'names the policy that refuses, in a dry run too',
    steps: (name) => [
      ...settledExternalSecret(name),
      ...['', '?dryRun=All&fieldManager=chatelaine'].map(
        (query): Step => ({
          ask: `PATCH ${es(name)}${query}`,
          body: { spec: { refreshInterval: '1h0m1s' } },
          status: 422,
          answer: denied('externalsecrets.external-secrets.io', name),
        }),
      ),
      { ask: `GET ${es(name)}`, status: 200, answer: { metadata: { resourceVersion: '$version' } } },
    ],
  },
  {
    what: 'has the policy guard workloads as well',
    steps: (name) => [
      ...settledDeployment(name),
      {
        ask: `PATCH ${deployment(name)}?dryRun=All`,
        body: { spec: { template: { spec: { terminationGracePeriodSeconds: 3_607 } } } },
        status: 422,
        answer: denied('deployments.apps', name),
      },
      { as: 'admin', ask: `PATCH ${deployment(name)}`, body: { spec: { minReadySeconds: 1 } }, status: 200 },
    ],
  },
  {
    what: 'says who may not do what, where',
    steps: (name) => [
      {
        ask: `GET ${at.secrets}/${name}`,
        status: 403,
        answer: refusal(403, 'Forbidden', {
          message: `secrets "${name}" is forbidden: User "${account}" cannot get resource "secrets" in API group "" in the namespace "contract"`,
          details: { name, kind: 'secrets' },
        }),
      },
      {
        ask: 'GET /api/v1/secrets?watch=true',
        status: 403,
        answer: refusal(403, 'Forbidden', {
          message: `secrets is forbidden: User "${account}" cannot watch resource "secrets" in API group "" at the cluster scope`,
          details: { kind: 'secrets' },
        }),
      },
      {
        ask: `POST ${at.externalSecrets}`,
        body: externalSecret(name),
        status: 403,
        answer: refusal(403, 'Forbidden', {
          message: `externalsecrets.external-secrets.io is forbidden: User "${account}" cannot create resource "externalsecrets" in API group "external-secrets.io" in the namespace "contract"`,
          details: { group: 'external-secrets.io', kind: 'externalsecrets' },
        }),
      },
      {
        ask: `PATCH ${es(name)}/status`,
        body: {},
        status: 403,
        answer: refusal(403, 'Forbidden', {
          message: text('cannot patch resource "externalsecrets/status" in API group "external-secrets.io"'),
        }),
      },
      {
        ask: 'GET /apis/coordination.k8s.io/v1/namespaces/contract/leases',
        status: 403,
        answer: refusal(403, 'Forbidden'),
      },
      { ask: `DELETE ${at.leases}`, status: 403, answer: refusal(403, 'Forbidden') },
    ],
  },
  {
    what: 'does not know a token of no account, and gives nothing to who brings none',
    steps: () => [
      {
        as: 'unknown',
        ask: `GET ${at.leases}`,
        status: 401,
        answer: refusal(401, 'Unauthorized', { message: 'Unauthorized' }),
      },
      {
        as: 'unknown',
        ask: `GET ${at.leases}?watch=true`,
        status: 401,
        answer: refusal(401, 'Unauthorized'),
      },
      {
        as: 'nobody',
        ask: `GET ${at.leases}`,
        status: 403,
        answer: refusal(403, 'Forbidden', { message: text('User "system:anonymous" cannot list') }),
      },
    ],
  },
  {
    what: 'knows no kinds but its own',
    steps: () => [
      { as: 'admin', ask: 'GET /apis/nowhere.example/v1/things', status: 404, answer: '404 page not found' },
      {
        as: 'admin',
        ask: 'GET /apis/external-secrets.io/v1/things',
        status: 404,
        answer: '404 page not found',
      },
      {
        as: 'admin',
        ask: 'GET /apis/apps/v1/things',
        status: 404,
        answer: refusal(404, 'NotFound', { message: 'the server could not find the requested resource' }),
      },
      {
        ask: 'GET /apis/external-secrets.io/v1/things',
        status: 403,
        answer: refusal(403, 'Forbidden', {
          message: text('cannot list resource "things" in API group "external-secrets.io"'),
        }),
      },
      { ask: 'GET /apis/nowhere.example/v1/things', status: 403, answer: refusal(403, 'Forbidden') },
    ],
  },
  {
    what: 'says its version to anybody',
    steps: () => [
      {
        as: 'nobody',
        ask: 'GET /version',
        status: 200,
        answer: { gitVersion: expect.stringMatching(/^v1\.\d+/) },
      },
      { as: 'nobody', ask: 'GET /readyz', status: 200, answer: 'ok' },
    ],
  },
];
