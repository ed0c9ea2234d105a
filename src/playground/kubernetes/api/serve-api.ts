import type { Handler, Received, Reply } from '../../http-stand-in.ts';
import type { KubernetesFaults } from '../faults.ts';
import { mayAccess } from './authorize.ts';
import { checkShape } from './check-object.ts';
import { discovery, publicEndpoint } from './discovery.ts';
import { textAt } from './kube-object.ts';
import { listObjects } from './list-objects.ts';
import type { Caller, ObjectApi, Preconditions, WriteOptions } from './object-api.ts';
import { readPatch } from './read-patch.ts';
import { type Route, readRoute, type Verb, verbOf } from './read-route.ts';
import { groupVersionOf } from './resource-types.ts';
import { answerReview, answerTokenRequest, readJson, reviews } from './reviews.ts';
import {
  badRequest,
  conflict,
  forbidden,
  internalError,
  noSuchResource,
  StatusError,
  unauthorized,
} from './status-errors.ts';
import type { Tokens } from './tokens.ts';
import type { Watches } from './watch-objects.ts';

export interface ApiServer {
  readonly api: ObjectApi;
  readonly tokens: Tokens;
  readonly watches: Watches;
  readonly faults: KubernetesFaults;
}

interface Request {
  readonly received: Received;
  readonly route: Route;
  readonly verb: Verb;
  readonly query: URLSearchParams;
  readonly caller: Caller;
}

/** Answers requests as the API server does: who asks, may they, what do they ask. */
export function serveApi(server: ApiServer): Handler {
  return (received) => {
    try {
      return answer(server, received);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      return { status: error.code, body: error.status };
    }
  };
}

function answer(server: ApiServer, received: Received): Reply {
  const url = new URL(received.url, 'http://kubernetes');
  const open = publicEndpoint(url.pathname);
  if (open !== undefined) return open;
  const caller = authenticate(server.tokens, received);
  const special = discovery(url.pathname) ?? answerReviews(server, received, url.pathname, caller);
  if (special !== undefined) return special;
  const route = readRoute(url.pathname);
  const verb = route === undefined ? undefined : verbOf(received.method, route, url.searchParams);
  if (route === undefined || verb === undefined) return unknownPath(url.pathname);
  const request: Request = { received, route, verb, query: url.searchParams, caller };
  authorize(server, request);
  return route.subresource === undefined ? onObject(server, request) : onSubresource(server, request);
}

function authenticate(tokens: Tokens, { headers }: Received): Caller {
  const token = /^Bearer (\S+)$/.exec(headers['authorization'] ?? '')?.[1];
  const { user } = token === undefined ? {} : tokens.review(token);
  if (user === undefined) throw unauthorized();
  return user;
}

function unknownPath(path: string): Reply {
  const [, root, group, version] = path.split('/');
  const known = discovery(root === 'api' ? `/api/${group}` : `/${root}/${group}/${version}`);
  if (known !== undefined) throw noSuchResource();
  return {
    status: 404,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: '404 page not found\n',
  };
}

function answerReviews(
  { api, tokens, faults }: ApiServer,
  received: Received,
  path: string,
  caller: Caller,
): Reply | undefined {
  const review = reviews(api.store, tokens).find(
    ({ group, resource }) => path === `/apis/${group}/v1/${resource}`,
  );
  if (review === undefined || received.method !== 'POST') return undefined;
  const access = { verb: 'create', group: review.group, resource: review.resource };
  if (faults.denied || !mayAccess(api.store, caller, access)) {
    const message = `${review.resource}.${review.group} is forbidden: User "${caller.username}" cannot create resource "${review.resource}" in API group "${review.group}" at the cluster scope`;
    throw new StatusError(403, 'Forbidden', message, { group: review.group, kind: review.resource });
  }
  return answerReview(review, received, caller);
}

function authorize({ api, faults }: ApiServer, { route, verb, caller }: Request): void {
  const { type, namespace, name, subresource } = route;
  const place = {
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  };
  const resource = subresource === undefined ? type.resource : `${type.resource}/${subresource}`;
  if (!faults.denied && mayAccess(api.store, caller, { verb, group: type.group, resource, ...place })) return;
  throw forbidden({
    user: caller.username,
    verb,
    type,
    ...place,
    ...(subresource === undefined ? {} : { subresource }),
  });
}

function onObject(server: ApiServer, request: Request): Reply {
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

function writeOptions({ query, caller }: Request): WriteOptions {
  return { caller, dryRun: query.get('dryRun') === 'All' };
}

function checkNamespace(route: Route, namespace: string | undefined): void {
  if (namespace === undefined || namespace === route.namespace) return;
  throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

function create({ api, faults }: ApiServer, request: Request): Reply {
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

function write({ api, faults }: ApiServer, request: Request): Reply {
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
    return { status: 200, body: api.store.json(api.update(type, target, manifest, options)) };
  }
  return remove(api, request, options);
}

function remove(api: ObjectApi, { route, received, query }: Request, options: WriteOptions): Reply {
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

function onSubresource(server: ApiServer, request: Request): Reply {
  const { route, verb, received } = request;
  const { type, namespace = '', name = '', subresource } = route;
  if (type.kind === 'ServiceAccount' && subresource === 'token' && verb === 'create') {
    return answerTokenRequest(server.api.store, server.tokens, { namespace, name }, received);
  }
  if (subresource !== 'status' || !type.status) throw noSuchResource();
  return onStatus(server, request);
}

function onStatus({ api }: ApiServer, request: Request): Reply {
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
