import { expect } from 'vitest';
import { at, lease, madeLease, refusal, text } from './objects.ts';
import type { ContractCase, Step } from './step.ts';

const anyVersion = expect.stringMatching(/^\d+$/) as string;

/** Leases, as journals and locks need them. */
export const leaseCases: readonly ContractCase[] = [
  {
    what: 'makes a Lease once',
    steps: (name) => [
      {
        ...madeLease(name, { metadata: { annotations: { journal: '{}' }, labels: { of: name } } }),
        answer: {
          metadata: {
            name,
            namespace: 'chatelaine',
            uid: expect.any(String),
            resourceVersion: anyVersion,
            annotations: { journal: '{}' },
          },
          spec: { holderIdentity: 'a', renewTime: '2026-11-24T10:00:00.123456Z' },
        },
      },
      {
        ask: `POST ${at.leases}`,
        body: lease(name),
        status: 409,
        answer: refusal(409, 'AlreadyExists', {
          message: `leases.coordination.k8s.io "${name}" already exists`,
          details: { name, group: 'coordination.k8s.io', kind: 'leases' },
        }),
      },
    ],
  },
  {
    what: 'replaces a Lease only at the version that was looked at',
    steps: (name) => [
      madeLease(name, { metadata: { labels: { a: 'b' } } }),
      {
        ask: `PUT ${at.leases}/${name}`,
        body: lease(name, {
          metadata: { uid: '$uid', resourceVersion: '$version' },
          spec: { holderIdentity: 'b' },
        }),
        status: 200,
        answer: { metadata: { uid: '$uid' }, spec: { holderIdentity: 'b' } },
        absent: ['metadata.labels'],
      },
      {
        ask: `PUT ${at.leases}/${name}`,
        body: lease(name, { metadata: { uid: '$uid', resourceVersion: '$version' } }),
        status: 409,
        answer: refusal(409, 'Conflict', {
          message: text('the object has been modified; please apply your changes to the latest version'),
          details: { name, group: 'coordination.k8s.io', kind: 'leases' },
        }),
      },
      {
        ask: `PUT ${at.leases}/${name}`,
        body: lease(name),
        status: 422,
        answer: refusal(422, 'Invalid', { message: text('metadata.resourceVersion: Invalid value') }),
      },
      { ask: `GET ${at.leases}/${name}`, status: 200, answer: { spec: { holderIdentity: 'b' } } },
    ],
  },
  {
    what: 'does not bring back a Lease that was deleted',
    steps: (name) => [
      madeLease(name),
      { ask: `DELETE ${at.leases}/${name}`, status: 200, answer: { status: 'Success' } },
      {
        ask: `PUT ${at.leases}/${name}`,
        body: lease(name, { metadata: { uid: '$uid', resourceVersion: '$version' } }),
        status: 409,
        answer: refusal(409, 'Conflict'),
      },
      {
        ask: `GET ${at.leases}/${name}`,
        status: 404,
        answer: refusal(404, 'NotFound', { details: { name, kind: 'leases' } }),
      },
    ],
  },
  {
    what: 'does not replace another Lease of the same name',
    steps: (name) => [
      madeLease(name),
      { ask: `DELETE ${at.leases}/${name}`, status: 200 },
      { ask: `POST ${at.leases}`, body: lease(name, { spec: { holderIdentity: 'z' } }), status: 201 },
      {
        ask: `PUT ${at.leases}/${name}`,
        body: lease(name, { metadata: { uid: '$uid', resourceVersion: '$version' } }),
        status: 409,
        answer: refusal(409, 'Conflict'),
      },
      {
        ask: `DELETE ${at.leases}/${name}`,
        body: deleteOptions({ uid: '$uid' }),
        status: 409,
        answer: refusal(409, 'Conflict', {
          message: text('The object might have been deleted and then recreated'),
        }),
      },
      { ask: `GET ${at.leases}/${name}`, status: 200, answer: { spec: { holderIdentity: 'z' } } },
    ],
  },
  {
    what: 'deletes a Lease only as it was looked at',
    steps: (name) => [
      madeLease(name),
      {
        ask: `PUT ${at.leases}/${name}`,
        body: lease(name, { metadata: { resourceVersion: '$version' }, spec: { holderIdentity: 'b' } }),
        status: 200,
        keep: { newer: 'metadata.resourceVersion' },
      },
      {
        ask: `DELETE ${at.leases}/${name}`,
        body: deleteOptions({ uid: '$uid', resourceVersion: '$version' }),
        status: 409,
        answer: refusal(409, 'Conflict'),
      },
      {
        ask: `DELETE ${at.leases}/${name}`,
        body: deleteOptions({ uid: '$uid', resourceVersion: '$newer' }),
        status: 200,
        answer: { kind: 'Status', status: 'Success', details: { name, uid: '$uid' } },
      },
      { ask: `DELETE ${at.leases}/${name}`, status: 404, answer: refusal(404, 'NotFound') },
    ],
  },
  {
    what: 'takes times of six decimals, and no others',
    steps: (name) => [
      madeLease(`${name}-six`, { spec: { renewTime: '2026-11-24T10:00:00.000000Z' } }),
      ...['2026-11-24T10:00:00.000Z', '2026-11-24T10:00:00Z', '2026-11-24T10:00:00.000000000Z'].map(
        (renewTime): Step => ({
          ask: `POST ${at.leases}`,
          body: lease(name, { spec: { renewTime } }),
          status: 400,
          answer: refusal(400, 'BadRequest', { message: text('parsing time') }),
        }),
      ),
    ],
  },
  {
    what: 'holds names and annotations to their limits',
    steps: (name) => [
      { ...madeLease(`${name}.with.dots`) },
      { ...madeLease(name, { metadata: { annotations: { journal: 'x'.repeat(262_137) } } }) },
      {
        ask: `POST ${at.leases}`,
        body: lease(`${name}-more`, { metadata: { annotations: { journal: 'x'.repeat(262_138) } } }),
        status: 422,
        answer: refusal(422, 'Invalid', { message: text('may not be more than 262144 bytes') }),
      },
      ...['Upper', 'a_b', '-a', 'a'.repeat(254)].map(
        (bad): Step => ({
          ask: `POST ${at.leases}`,
          body: lease(bad),
          status: 422,
          answer: refusal(422, 'Invalid', {
            details: { name: bad, group: 'coordination.k8s.io', kind: 'Lease' },
          }),
        }),
      ),
      {
        ask: `POST ${at.leases}`,
        body: lease(`${name}-bad`, { metadata: { labels: { a: 'x'.repeat(64) } } }),
        status: 422,
        answer: refusal(422, 'Invalid'),
      },
    ],
  },
  {
    what: 'refuses a Lease that is made with a version, and one of another namespace',
    steps: (name) => [
      {
        ask: `POST ${at.leases}`,
        body: lease(name, { metadata: { resourceVersion: '5' } }),
        status: 500,
        answer: { message: 'resourceVersion should not be set on objects to be created' },
      },
      {
        ask: `POST ${at.leases}`,
        body: lease(name, { metadata: { namespace: 'media' } }),
        status: 400,
        answer: refusal(400, 'BadRequest'),
      },
    ],
  },
];

function deleteOptions(preconditions: object): object {
  return { apiVersion: 'v1', kind: 'DeleteOptions', preconditions };
}
