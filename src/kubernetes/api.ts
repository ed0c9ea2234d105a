import { z } from 'zod';
import type { Call } from '../core/ports/call.ts';
import { restartAnnotation } from './read-workload.ts';
import { describeWhere, pathOf, resources, type Where } from './resources.ts';
import type { Ask, Send } from './send.ts';

/**
 * All that the bot can ask of the API server. What is not here can't be asked: there is no way to patch anything
 * for real but a few annotations and the condition that has a certificate renewed, no way to change a spec but as a
 * dry run, and no Secret among the kinds.
 */
export interface KubernetesApi {
  /** An object, or the whole answer for a collection. Safe to repeat. */
  get(where: Where, doing: string, call: Call, query?: Readonly<Record<string, string>>): Promise<unknown>;
  /** Annotates an object if it is still at this resourceVersion, and gives it as it is then. Throws kubernetes-conflict. */
  annotate(change: Annotation, call: Call): Promise<unknown>;
  /** Replaces the conditions of a Certificate if it is still at this resourceVersion. Throws kubernetes-conflict. */
  replaceConditions(change: ConditionsChange, call: Call): Promise<void>;
  /** Has the API server try a change of a spec without making it. */
  tryPatch(where: Where, body: unknown, doing: string, call: Call): Promise<void>;
  createLease(where: LeaseWhere, body: unknown, call: Call): Promise<unknown>;
  /** Has the API server try to make a Lease without making it; gives what it would be. */
  tryLease(where: LeaseWhere, body: unknown, call: Call): Promise<unknown>;
  replaceLease(where: LeaseWhere, body: unknown, call: Call): Promise<unknown>;
  removeLease(where: LeaseWhere, only: LeaseState, call: Call): Promise<void>;
  /** Makes a Job; the admission policy sees to it that it is a copy of the snapshots' one. Throws kubernetes-conflict. */
  createJob(where: JobWhere, body: unknown, call: Call): Promise<unknown>;
  /** Has the API server try to make a Job without making it. */
  tryJob(where: JobWhere, body: unknown, doing: string, call: Call): Promise<void>;
  version(call: Call): Promise<string>;
  /** What the API server says of us. Nothing is kept of it; safe to repeat. */
  review(kind: ReviewKind, spec: object, doing: string, call: Call): Promise<unknown>;
  /** The versions of a group (`external-secrets.io`), or the resources of one version. Throws kubernetes-missing. */
  discover(group: string, call: Call): Promise<unknown>;
}

export type ReviewKind = 'SelfSubjectReview' | 'SelfSubjectAccessReview' | 'SelfSubjectRulesReview';

export interface Annotation {
  readonly where: Where;
  /** sync: `force-sync` on an ExternalSecret. look: on a store. reconcile: for Flux. restart: in a pod template. */
  readonly what: keyof typeof ownAnnotations | 'restart';
  readonly mark: string;
  readonly resourceVersion: string;
  readonly doing: string;
}

/** The annotations that the bot sets on an object itself; the last is what `flux reconcile` sets. */
export const ownAnnotations = {
  sync: 'force-sync',
  look: 'chatelaine.dev/look-again',
  reconcile: 'reconcile.fluxcd.io/requestedAt',
} as const;

export interface ConditionsChange {
  readonly where: Where & { readonly kind: 'Certificate' };
  readonly conditions: readonly unknown[];
  readonly resourceVersion: string;
  readonly doing: string;
}

export type LeaseWhere = Where & { readonly kind: 'Lease' };

export type JobWhere = Where & { readonly kind: 'Job' };

export interface LeaseState {
  readonly uid: string;
  readonly resourceVersion: string;
}

/** One name for all that the bot writes. One that began with `kubectl` would be reverted by Flux. */
const fieldManager = 'chatelaine';
const mergePatch = 'application/merge-patch+json';

/** The verbs that the bot uses, over `send`; each throws what `send` throws. */
export function createApi(send: Send): KubernetesApi {
  return {
    get: (where, doing, call, query) =>
      send(
        {
          method: 'GET',
          verb: where.name === undefined ? 'list' : 'get',
          where,
          doing,
          path: pathOf(where),
          ...(query === undefined ? {} : { query }),
        },
        call,
      ),
    annotate: ({ where, what, mark, resourceVersion, doing }, call) =>
      send(
        {
          method: 'PATCH',
          verb: 'patch',
          where,
          doing,
          path: pathOf(where),
          query: { fieldManager },
          contentType: mergePatch,
          body: markedBody({ what, mark, resourceVersion }),
        },
        call,
      ),
    async replaceConditions({ where, conditions, resourceVersion, doing }, call) {
      const body = { metadata: { resourceVersion }, status: { conditions } };
      const status = { ...where, subresource: 'status' } as const;
      const query = { fieldManager };
      await send(
        {
          method: 'PATCH',
          verb: 'patch',
          where: status,
          doing,
          path: pathOf(status),
          query,
          contentType: mergePatch,
          body,
        },
        call,
      );
    },
    async tryPatch(where, body, doing, call) {
      const query = { dryRun: 'All', fieldManager };
      const path = pathOf(where);
      await send(
        { method: 'PATCH', verb: 'patch', where, doing, path, query, contentType: mergePatch, body },
        call,
      );
    },
    createLease: (where, body, call) => send(leaseCreation(where, body, { fieldManager }), call),
    tryLease: (where, body, call) => send(leaseCreation(where, body, { fieldManager, dryRun: 'All' }), call),
    replaceLease: (where, body, call) =>
      send(
        {
          method: 'PUT',
          verb: 'update',
          ...leaseAsk(where, 'saving'),
          path: pathOf(where),
          query: { fieldManager },
          body,
        },
        call,
      ),
    async removeLease(where, { uid, resourceVersion }, call) {
      const preconditions = { uid, resourceVersion };
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions };
      await send(
        { method: 'DELETE', verb: 'delete', ...leaseAsk(where, 'removing'), path: pathOf(where), body },
        call,
      );
    },
    createJob: (where, body, call) =>
      send(
        {
          method: 'POST',
          verb: 'create',
          where,
          doing: 'making a Job that takes a snapshot',
          path: pathOf(where),
          query: { fieldManager },
          body,
        },
        call,
      ),
    async tryJob(where, body, doing, call) {
      const query = { dryRun: 'All', fieldManager };
      await send({ method: 'POST', verb: 'create', where, doing, path: pathOf(where), query, body }, call);
    },
    async version(call) {
      const answer = await send(
        {
          method: 'GET',
          verb: 'get',
          where: 'version',
          doing: 'asking Kubernetes for its version',
          path: '/version',
        },
        call,
      );
      return z.object({ gitVersion: z.string() }).safeParse(answer).data?.gitVersion ?? 'unknown';
    },
    review(kind, spec, doing, call) {
      const { base } = resources[kind];
      const body = { apiVersion: base.replace('/apis/', ''), kind, spec };
      const where = { kind };
      return send({ method: 'POST', verb: 'create', where, doing, path: pathOf(where), body }, call);
    },
    discover: (group, call) =>
      send(
        {
          method: 'GET',
          verb: 'get',
          where: 'version',
          doing: `asking Kubernetes what it serves of ${group}`,
          path: `/apis/${group}`,
        },
        call,
      ),
  };
}

function markedBody({
  what,
  mark,
  resourceVersion,
}: Pick<Annotation, 'what' | 'mark' | 'resourceVersion'>): object {
  if (what !== 'restart')
    return { metadata: { resourceVersion, annotations: { [ownAnnotations[what]]: mark } } };
  const annotations = { [restartAnnotation]: mark };
  return { metadata: { resourceVersion }, spec: { template: { metadata: { annotations } } } };
}

function leaseCreation(where: LeaseWhere, body: unknown, query: Readonly<Record<string, string>>): Ask {
  return {
    method: 'POST',
    verb: 'create',
    ...leaseAsk(where, 'saving'),
    path: pathOf(where),
    query,
    body,
  };
}

function leaseAsk(where: Where, doing: string) {
  return { where, doing: `${doing} ${describeWhere(where)}` };
}
