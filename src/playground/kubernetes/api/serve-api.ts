import type { Handler, Received, Reply } from '../../http-stand-in.ts';
import { type ApiRequest, type ApiServer, answerObject } from './answer-object.ts';
import { mayAccess } from './authorize.ts';
import { discovery, publicEndpoint } from './discovery.ts';
import type { Caller } from './object-api.ts';
import { openapi } from './openapi.ts';
import { readRoute, readUnknown, verbOf } from './read-route.ts';
import { resourceTypes } from './resource-types.ts';
import { answerReview, reviews } from './reviews.ts';
import { forbidden, forbiddenPath, noSuchResource, StatusError, unauthorized } from './status-errors.ts';
import type { Tokens } from './tokens.ts';

/** Answers requests as the API server does: who asks, may they, what do they ask. */
export function serveApi(server: ApiServer): Handler {
  return (received) => {
    try {
      return isMissing(server, received) ? noSuchPage : answer(server, received);
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
  const told = discovery(url.pathname) ?? openapi(url.pathname);
  if (caller === anonymous && told !== undefined) throw forbiddenPath(url.pathname);
  const special = told ?? answerReviews(server, received, url.pathname, caller);
  if (special !== undefined) return special;
  const route = readRoute(url.pathname);
  const verb = route === undefined ? undefined : verbOf(received.method, route, url.searchParams);
  if (route === undefined || verb === undefined) return unknownPath(server, received, url, caller);
  const request: ApiRequest = { received, route, verb, query: url.searchParams, caller };
  authorize(server, request);
  return answerObject(server, request);
}

function isMissing({ faults }: ApiServer, { url }: Received): boolean {
  return faults.missingGroups.has(/^\/apis\/([^/?]+)/.exec(url)?.[1] ?? '');
}

const noSuchPage: Reply = {
  status: 404,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: '404 page not found\n',
};

/** Who brings no token: known by name, and given nothing but health and the version. */
const anonymous: Caller = { username: 'system:anonymous', groups: ['system:unauthenticated'] };

function authenticate(tokens: Tokens, { headers }: Received): Caller {
  const header = headers['authorization'] ?? '';
  if (header === '') return anonymous;
  const token = /^Bearer (\S+)$/.exec(header)?.[1];
  const { user } = token === undefined ? {} : tokens.review(token);
  if (user === undefined) throw unauthorized();
  return user;
}

/** Rights are checked before anybody looks whether there is such a resource, and custom groups know theirs by themselves. */
function unknownPath({ api }: ApiServer, { method }: Received, url: URL, caller: Caller): Reply {
  const asked = readUnknown(url.pathname);
  if (asked !== undefined) {
    const verb = verbOf(method, asked, url.searchParams) ?? 'get';
    const { group } = asked.type;
    if (!mayAccess(api.store, caller, { verb, group, resource: asked.type.resource })) {
      throw forbidden({ user: caller.username, verb, ...asked });
    }
    const known = asked.groupVersion.includes('/')
      ? `/apis/${asked.groupVersion}`
      : `/api/${asked.groupVersion}`;
    const isCustom = resourceTypes.some((type) => type.group === group && type.custom);
    if (discovery(known) !== undefined && !isCustom) throw noSuchResource();
  }
  return noSuchPage;
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

function authorize({ api, faults }: ApiServer, { route, verb, caller }: ApiRequest): void {
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
