import type { Received, Reply } from '../../http-stand-in.ts';
import type { KubernetesFaults } from '../faults.ts';
import { checkShape } from './check-object.ts';
import { textAt } from './kube-object.ts';
import { listObjects } from './list-objects.ts';
import type { Caller, ObjectApi, Preconditions, WriteOptions } from './object-api.ts';
import { readPatch } from './read-patch.ts';
import type { Route, Verb } from './read-route.ts';
import { groupVersionOf } from './resource-types.ts';
import { answerTokenRequest, readJson } from './reviews.ts';
import {
  badRequest,
  conflict,
  internalError,
  invalidDryRun,
  noSuchResource,
  StatusError,
} from './status-errors.ts';
import type { Tokens } from './tokens.ts';
import type { Watches } from './watch-objects.ts';

export interface ApiServer {
  readonly api: ObjectApi;
  readonly tokens: Tokens;
  readonly watches: Watches;
  readonly faults: KubernetesFaults;
}

/** A request that may be answered: who asks has the right. */
export interface ApiRequest {
  readonly received: Received;
  readonly route: Route;
  readonly verb: Verb;
  readonly query: URLSearchParams;
  readonly caller: Caller;
}

/** Does what is asked of an object, a collection or a subresource. Throws StatusError. */
export function answerObject(server: ApiServer, request: ApiRequest): Reply {
  return request.route.subresource === undefined ? onObject(server, request) : onSubresource(server, request);
}

function onObject(server: ApiServer, request: ApiRequest): Reply {
  const { api, watches, faults } = server;
  const { route, verb, query } = request;
  switch (verb) {
    case 'get':
      return { status: 200, body: api.store.json(api.get(route.type, named(route))) };
    case 'list':
      return listObjects(api.store, route, query);
    case 'watch': {
      const { gone } = faults;
      faults.gone = false;
      return watches.start(route, query, gone);
    }
    case 'create':
      return create(server, request);
    case 'deletecollection':
      throw badRequest('deletecollection is not served');
    default:
      return write(server, request);
  }
}

function named({ namespace, name }: Route): { namespace?: string; name: string } {
  if (name === undefined) throw badRequest('name must be provided');
  return { name, ...(namespace === undefined ? {} : { namespace }) };
}

const optionsOf: Partial<Record<Verb, Parameters<typeof invalidDryRun>[0]>> = {
  create: 'Create',
  update: 'Update',
  patch: 'Patch',
  delete: 'Delete',
};

function writeOptions({ query, caller, verb }: ApiRequest): WriteOptions {
  const asked = query.get('dryRun');
  const kind = optionsOf[verb];
  if (asked !== null && asked !== 'All' && kind !== undefined) throw invalidDryRun(kind, asked);
  return { caller, dryRun: asked === 'All' };
}

function checkNamespace(route: Route, namespace: string | undefined): void {
  if (namespace === undefined || namespace === route.namespace) return;
  throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

function create({ api, faults }: ApiServer, request: ApiRequest): Reply {
  const { route, received } = request;
  if (route.name !== undefined || (route.type.namespaced && route.namespace === undefined)) {
    throw new StatusError(
      405,
      'MethodNotAllowed',
      'the server does not allow this method on the requested resource',
      {},
    );
  }
  const manifest = checkShape(route.type, readJson(received.body));
  checkNamespace(route, manifest.metadata.namespace);
  failLeases(faults, route);
  const object = api.create(route.type, route.namespace, manifest, writeOptions(request));
  return { status: 201, body: api.store.json(object) };
}

function failLeases(faults: KubernetesFaults, { type }: Route): void {
  if (faults.leaseWritesFail && type.kind === 'Lease') throw internalError('etcdserver: request timed out');
}

function write({ api, faults }: ApiServer, request: ApiRequest): Reply {
  const { route, verb, received } = request;
  const { type } = route;
  const target = named(route);
  const options = writeOptions(request);
  failLeases(faults, route);
  if (faults.conflict > 0) {
    faults.conflict -= 1;
    throw conflict(type, target.name);
  }
  if (verb === 'patch') {
    const change = readPatch(type, received.headers['content-type'] ?? '', received.body);
    return { status: 200, body: api.store.json(api.patch(type, target, change, options)) };
  }
  if (verb === 'update') {
    const manifest = checkShape(type, readJson(received.body));
    checkNamespace(route, manifest.metadata.namespace);
    const status = api.store.get(type.kind, target.namespace, target.name) === undefined ? 201 : 200;
    return { status, body: api.store.json(api.update(type, target, manifest, options)) };
  }
  return remove(api, request, options);
}

function remove(api: ObjectApi, { route, received, query }: ApiRequest, options: WriteOptions): Reply {
  const { type } = route;
  const body = received.body === '' ? {} : readJson(received.body);
  const resourceVersion = textAt(body, 'preconditions', 'resourceVersion');
  const uid = textAt(body, 'preconditions', 'uid');
  const must: Preconditions = {
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(uid === undefined ? {} : { uid }),
  };
  const dryRun = options.dryRun === true || query.get('dryRun') === 'All';
  const removed = api.remove(type, named(route), must, { ...options, dryRun });
  if ((removed.metadata.finalizers ?? []).length > 0) {
    return { status: 200, body: api.store.json(removed) };
  }
  const details = {
    name: removed.metadata.name,
    ...(type.group === '' ? {} : { group: type.group }),
    kind: type.resource,
    uid: removed.metadata.uid,
  };
  return {
    status: 200,
    body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details },
  };
}

function onSubresource(server: ApiServer, request: ApiRequest): Reply {
  const { route, verb, received } = request;
  const { type, namespace = '', name = '', subresource } = route;
  if (type.kind === 'ServiceAccount' && subresource === 'token' && verb === 'create') {
    return answerTokenRequest(server.api.store, server.tokens, { namespace, name }, received);
  }
  if (subresource !== 'status' || !type.status) throw noSuchResource();
  return onStatus(server, request);
}

function onStatus({ api }: ApiServer, request: ApiRequest): Reply {
  const { route, verb, received } = request;
  const { type } = route;
  const options: WriteOptions = { ...writeOptions(request), subresource: 'status' };
  switch (verb) {
    case 'get':
      return { status: 200, body: api.store.json(api.get(type, named(route))) };
    case 'patch': {
      const change = readPatch(type, received.headers['content-type'] ?? '', received.body);
      return { status: 200, body: api.store.json(api.patch(type, named(route), change, options)) };
    }
    case 'update': {
      const manifest = checkShape(type, readJson(received.body));
      return { status: 200, body: api.store.json(api.update(type, named(route), manifest, options)) };
    }
    default:
      throw badRequest(`${groupVersionOf(type)} ${type.resource}/status takes no ${verb}`);
  }
}
