import { expect } from 'vitest';
import { at, madeLease, refusal, settledExternalSecret, text } from './objects.ts';
import type { ContractCase, Step } from './step.ts';

const anyVersion = expect.stringMatching(/^\d+$/) as string;
/** Of a list at a version that nobody has any more. */
const oldToken = Buffer.from(
  JSON.stringify({ v: 'meta.k8s.io/v1', rv: 2, start: 'contract/a\u0000' }),
).toString('base64url');

/** Lists, their pages and selectors. */
export const listCases: readonly ContractCase[] = [
  {
    what: 'lists in pages, and says where the next one begins',
    steps: (name) => [
      ...['a', 'b', 'c'].map((each) => madeLease(`${name}-${each}`)),
      {
        ask: `GET ${at.leases}?limit=2`,
        status: 200,
        answer: {
          kind: 'LeaseList',
          apiVersion: 'coordination.k8s.io/v1',
          metadata: {
            resourceVersion: anyVersion,
            continue: expect.any(String),
            remainingItemCount: expect.any(Number),
          },
          items: [{ metadata: { name: expect.any(String) } }, { metadata: { name: expect.any(String) } }],
        },
        absent: ['items.0.kind'],
        keep: { next: 'metadata.continue', version: 'metadata.resourceVersion' },
      },
      {
        ask: `GET ${at.leases}?limit=500&continue=$next`,
        status: 200,
        answer: {
          metadata: { resourceVersion: '$version' },
          items: expect.arrayContaining([
            expect.objectContaining({ metadata: expect.objectContaining({ name: `${name}-c` }) }),
          ]),
        },
        absent: ['metadata.continue', 'metadata.remainingItemCount'],
      },
    ],
  },
  {
    what: 'does not count what remains where a selector narrows the list',
    steps: (name) => [
      ...['a', 'b'].map((each) => madeLease(`${name}-${each}`, { metadata: { labels: { case: name } } })),
      {
        ask: `GET ${at.leases}?limit=1&labelSelector=case%3D${name}`,
        status: 200,
        answer: { metadata: { continue: expect.any(String) }, items: [{ metadata: { name: `${name}-a` } }] },
        absent: ['metadata.remainingItemCount', 'items.1'],
        keep: { next: 'metadata.continue' },
      },
      {
        ask: `GET ${at.leases}?limit=1&labelSelector=case%3D${name}&continue=$next`,
        status: 200,
        answer: { items: [{ metadata: { name: `${name}-b` } }] },
        absent: ['metadata.continue', 'items.1'],
      },
    ],
  },
  {
    what: 'refuses to go on where it never was, and where nobody remembers',
    steps: () => [
      {
        ask: `GET ${at.leases}?limit=1&continue=nonsense`,
        status: 400,
        answer: refusal(400, 'BadRequest', { message: text('continue key is not valid') }),
      },
      {
        ask: `GET /apis/external-secrets.io/v1/externalsecrets?limit=1&continue=${oldToken}`,
        status: 410,
        answer: refusal(410, 'Expired', { message: text('continue parameter is too old') }),
      },
    ],
  },
  {
    what: 'gives items of custom kinds with their kind, and an empty list as an empty list',
    steps: (name) => [
      ...settledExternalSecret(name),
      {
        ask: `GET /apis/external-secrets.io/v1/externalsecrets?fieldSelector=metadata.name%3D${name}`,
        status: 200,
        answer: {
          kind: 'ExternalSecretList',
          apiVersion: 'external-secrets.io/v1',
          items: [{ kind: 'ExternalSecret', apiVersion: 'external-secrets.io/v1', metadata: { name } }],
        },
      },
      {
        ask: 'GET /apis/external-secrets.io/v1/namespaces/nowhere/externalsecrets',
        status: 200,
        answer: { kind: 'ExternalSecretList', metadata: { resourceVersion: anyVersion } },
        absent: ['items.0'],
      },
      { ask: `GET ${at.leases}?labelSelector=nobody`, status: 200, answer: { items: [] } },
    ],
  },
  {
    what: 'selects by labels',
    steps: (name) => {
      const made = (each: string, labels: object): Step =>
        madeLease(`${name}-${each}`, { metadata: { labels } });
      const select = (selector: string, ...found: string[]): Step => ({
        ask: `GET ${at.leases}?labelSelector=${encodeURIComponent(selector)}`,
        status: 200,
        answer: { items: found.map((each) => ({ metadata: { name: `${name}-${each}` } })) },
        absent: [`items.${found.length}`],
      });
      return [
        made('a', { of: name, kind: 'op' }),
        made('b', { of: name, kind: 'lock' }),
        made('c', { of: name }),
        select(`of=${name}`, 'a', 'b', 'c'),
        select(`of==${name},kind=op`, 'a'),
        select(`of=${name},kind`, 'a', 'b'),
        select(`of=${name},!kind`, 'c'),
        select(`of=${name},kind!=op`, 'b', 'c'),
        select(`of=${name},kind in (op, lock)`, 'a', 'b'),
        select(`of=${name},kind notin (op)`, 'b', 'c'),
        {
          ask: `GET ${at.leases}?labelSelector=${encodeURIComponent('a b')}`,
          status: 400,
          answer: refusal(400, 'BadRequest'),
        },
      ];
    },
  },
  {
    what: 'selects Events by what they are about',
    steps: (name) => {
      const event = (each: string, type: string, about: string): Step => ({
        as: 'admin',
        ask: `POST ${at.events}`,
        body: {
          metadata: { name: `${name}-${each}` },
          involvedObject: {
            kind: 'ExternalSecret',
            namespace: 'contract',
            name: about,
            uid: `uid-of-${about}`,
          },
          type,
          reason: 'UpdateFailed',
          message: 'it failed',
          lastTimestamp: '2026-11-24T10:00:00Z',
          count: 3,
          source: { component: 'external-secrets' },
        },
        status: 201,
      });
      const select = (selector: string, ...found: string[]): Step => ({
        ask: `GET ${at.events}?limit=100&fieldSelector=${encodeURIComponent(selector)}`,
        status: 200,
        answer: {
          kind: 'EventList',
          items: found.map((each) => ({ metadata: { name: `${name}-${each}` }, count: 3 })),
        },
        absent: [`items.${found.length}`],
      });
      return [
        event('a', 'Warning', `${name}-x`),
        event('b', 'Normal', `${name}-x`),
        event('c', 'Warning', `${name}-y`),
        select(`involvedObject.uid=uid-of-${name}-x`, 'a', 'b'),
        select(`involvedObject.uid=uid-of-${name}-x,type=Warning`, 'a'),
        select(`involvedObject.name=${name}-y,involvedObject.kind=ExternalSecret`, 'c'),
        select(`involvedObject.name=${name}-y,reason!=UpdateFailed`),
        {
          ask: `GET ${at.events}?fieldSelector=message%3Dx`,
          status: 400,
          answer: refusal(400, 'BadRequest', { message: text('field label not supported: message') }),
        },
      ];
    },
  },
];
