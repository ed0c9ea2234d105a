import { expect } from 'vitest';
import { at, refusal } from './objects.ts';
import type { ContractCase, Step } from './step.ts';

const authorization = 'authorization.k8s.io/v1';
const account = 'system:serviceaccount:chatelaine:chatelaine';

function may(attributes: object, allowed: boolean): Step {
  return {
    ask: `POST /apis/${authorization}/selfsubjectaccessreviews`,
    body: {
      apiVersion: authorization,
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: attributes },
    },
    status: 201,
    answer: { status: { allowed } },
  };
}

function rulesIn(namespace: string): Omit<Step, 'answer'> {
  return {
    ask: `POST /apis/${authorization}/selfsubjectrulesreviews`,
    body: { apiVersion: authorization, kind: 'SelfSubjectRulesReview', spec: { namespace } },
    status: 201,
  };
}

const lease = {
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  spec: { holderIdentity: 'doctor' },
};

/** What the doctor relies on: an account is told of itself, and a dry run leaves nothing. */
export const selfCases: readonly ContractCase[] = [
  {
    what: 'tells an account who it is',
    steps: () => [
      {
        ask: 'POST /apis/authentication.k8s.io/v1/selfsubjectreviews',
        body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview', spec: {} },
        status: 201,
        answer: { status: { userInfo: { username: account } } },
      },
    ],
  },
  {
    what: 'tells an account the schema of a custom kind, with its defaults',
    steps: () => [
      {
        ask: 'GET /openapi/v3/apis/external-secrets.io/v1',
        status: 200,
        answer: {
          components: {
            schemas: {
              'io.external-secrets.v1.ExternalSecret': {
                type: 'object',
                properties: {
                  spec: {
                    properties: {
                      target: { properties: { creationPolicy: { default: 'Owner', type: 'string' } } },
                      data: { items: { required: expect.arrayContaining(['remoteRef', 'secretKey']) } },
                    },
                  },
                },
                'x-kubernetes-group-version-kind': [
                  { group: 'external-secrets.io', version: 'v1', kind: 'ExternalSecret' },
                ],
              },
            },
          },
        },
      },
      { ask: 'GET /openapi/v3/apis/nothing.example.org/v1', status: 404, answer: '' },
      { as: 'nobody', ask: 'GET /openapi/v3/apis/external-secrets.io/v1', status: 403 },
    ],
  },
  {
    what: 'tells an account whether it may',
    steps: () => [
      may({ group: 'apps', resource: 'deployments', verb: 'patch' }, true),
      may({ group: 'apps', resource: 'deployments', verb: 'create' }, false),
      may({ group: '', resource: 'secrets', verb: 'get', namespace: 'media' }, false),
      may(
        { group: 'coordination.k8s.io', resource: 'leases', verb: 'create', namespace: 'chatelaine' },
        true,
      ),
      may({ group: 'coordination.k8s.io', resource: 'leases', verb: 'create' }, false),
      may({ group: '', resource: 'serviceaccounts', subresource: 'token', verb: 'create' }, false),
    ],
  },
  {
    what: 'tells an account all that it may in a namespace',
    steps: () => [
      {
        ...rulesIn('chatelaine'),
        answer: {
          status: {
            incomplete: false,
            resourceRules: expect.arrayContaining([
              expect.objectContaining({
                verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'],
                apiGroups: ['coordination.k8s.io'],
                resources: ['leases'],
              }),
              expect.objectContaining({ verbs: ['list'], apiGroups: [''], resources: ['events'] }),
              expect.objectContaining({ resources: expect.arrayContaining(['selfsubjectreviews']) }),
            ]) as unknown,
          },
        },
      },
      // One that is not there gives what holds everywhere.
      {
        ...rulesIn('nowhere'),
        answer: {
          status: {
            resourceRules: expect.not.arrayContaining([
              expect.objectContaining({ resources: ['leases'] }),
            ]) as unknown,
          },
        },
      },
    ],
  },
  {
    what: 'tries a Lease without making it, and stamps it by its own clock',
    steps: (name) => [
      {
        ask: `POST ${at.leases}?dryRun=All`,
        body: { ...lease, metadata: { name, namespace: 'chatelaine' } },
        status: 201,
        answer: { metadata: { name, creationTimestamp: expect.stringMatching(/^\d{4}-.*Z$/) } },
      },
      { ask: `GET ${at.leases}/${name}`, status: 404, answer: refusal(404, 'NotFound') },
    ],
  },
  {
    what: 'says which versions it serves of External Secrets, and of nothing else',
    steps: () => [
      {
        ask: 'GET /apis/external-secrets.io',
        status: 200,
        answer: {
          versions: expect.arrayContaining([
            { groupVersion: 'external-secrets.io/v1', version: 'v1' },
          ]) as unknown,
        },
      },
      {
        ask: 'GET /apis/external-secrets.io/v1',
        status: 200,
        answer: {
          resources: expect.arrayContaining([
            expect.objectContaining({ name: 'externalsecrets' }),
            expect.objectContaining({ name: 'clustersecretstores' }),
          ]) as unknown,
        },
      },
      { ask: 'GET /apis/nowhere.example', status: 404, answer: '404 page not found' },
    ],
  },
];
