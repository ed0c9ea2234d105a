import { expect } from 'vitest';
import { at, lease, madeLease, mark, settledExternalSecret } from './objects.ts';
import type { WatchCase } from './step.ts';

const only = (name: string): string => `fieldSelector=metadata.name%3D${name}`;
const event = (type: string, name: string, rest: object = {}): object => ({
  type,
  object: { metadata: { name }, ...rest },
});

/** What the adapter relies on of watches. `$version` is what the steps before kept. */
export const watchCases: readonly WatchCase[] = [
  {
    what: 'tells what changed since a version, in order, and nothing before it',
    before: (name) => [madeLease(name)],
    watch: (name) => `${at.leases}?${only(name)}&resourceVersion=$version`,
    during: (name) => [
      {
        ask: `PUT ${at.leases}/${name}`,
        body: lease(name, { metadata: { resourceVersion: '$version' }, spec: { holderIdentity: 'b' } }),
        status: 200,
      },
      { ask: `DELETE ${at.leases}/${name}`, status: 200 },
      { ask: `POST ${at.leases}`, body: lease(name, { spec: { holderIdentity: 'c' } }), status: 201 },
    ],
    seen: (name) => [
      event('MODIFIED', name, { kind: 'Lease', spec: { holderIdentity: 'b' } }),
      event('DELETED', name, { spec: { holderIdentity: 'b' } }),
      event('ADDED', name, { spec: { holderIdentity: 'c' } }),
    ],
  },
  {
    what: 'tells what is there first, without a version',
    before: (name) => [madeLease(name)],
    watch: (name) => `${at.leases}?${only(name)}`,
    during: (name) => [{ ask: `DELETE ${at.leases}/${name}`, status: 200 }],
    seen: (name) => [event('ADDED', name), event('DELETED', name)],
  },
  {
    what: 'tells of a change that came between the list and the watch',
    before: (name) => [
      ...settledExternalSecret(name),
      {
        ask: `GET ${at.externalSecrets}?${only(name)}`,
        status: 200,
        keep: { version: 'metadata.resourceVersion' },
      },
      { ask: `PATCH ${at.externalSecrets}/${name}`, body: mark('op-1'), status: 200 },
    ],
    watch: (name) => `/apis/external-secrets.io/v1/externalsecrets?${only(name)}&resourceVersion=$version`,
    seen: (name) => [
      {
        type: 'MODIFIED',
        object: { metadata: { name, namespace: 'contract', annotations: { 'force-sync': 'op-1' } } },
      },
    ],
  },
  {
    what: 'shows what comes into a selection as added, and what leaves it as deleted',
    before: (name) => [madeLease(name)],
    watch: (name) => `${at.leases}?labelSelector=case%3D${name}&resourceVersion=$version`,
    during: (name) =>
      [{ case: name }, { case: name, more: 'x' }, { case: null }].map((labels) => ({
        as: 'admin' as const,
        ask: `PATCH ${at.leases}/${name}`,
        body: { metadata: { labels } },
        status: 200,
      })),
    seen: (name) => [event('ADDED', name), event('MODIFIED', name), event('DELETED', name)],
  },
  {
    what: 'tells by bookmarks how far it has come',
    before: settledExternalSecret,
    watch: () =>
      `/apis/external-secrets.io/v1/externalsecrets?${only('nobody')}&resourceVersion=$version&allowWatchBookmarks=true&timeoutSeconds=4`,
    during: (name) => [{ ask: `PATCH ${at.externalSecrets}/${name}`, body: mark('op-1'), status: 200 }],
    seen: () => [
      {
        type: 'BOOKMARK',
        object: {
          kind: 'ExternalSecret',
          apiVersion: 'external-secrets.io/v1',
          metadata: { resourceVersion: expect.stringMatching(/^\d+$/) },
        },
      },
    ],
  },
  {
    what: 'says within the stream that a version is gone, and ends',
    watch: () => '/apis/external-secrets.io/v1/externalsecrets?resourceVersion=1',
    seen: () => [
      {
        type: 'ERROR',
        object: {
          kind: 'Status',
          status: 'Failure',
          reason: 'Expired',
          code: 410,
          message: expect.stringContaining('too old resource version: 1'),
        },
      },
    ],
    ends: true,
  },
  {
    what: 'ends when its time is up',
    watch: (name) => `${at.leases}?${only(name)}&timeoutSeconds=1`,
    seen: () => [],
    ends: true,
  },
];
