import { createHash, createVerify } from 'node:crypto';
import type { Received, Reply } from '../http-stand-in.ts';
import type { ForgeState, ForgeToken, Permission } from './forge-state.ts';
import { gitRoutes } from './git-routes.ts';
import { pullRoutes } from './pull-routes.ts';
import { repositoryRoutes } from './repository-routes.ts';
import { type ForgeRequest, notFound, type Route, readBody, refuse, textOf, time } from './request.ts';

const routes: readonly Route[] = [...gitRoutes, ...pullRoutes, ...repositoryRoutes];
const root = '/api/v3';

/** Answers a request as GitHub does, with the faults that are switched on. */
export async function serveForge(state: ForgeState, received: Received): Promise<Reply> {
  const { faults } = state;
  if (faults.limitedUntil > state.now()) {
    const reset = String(Math.ceil(faults.limitedUntil / 1000));
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset };
    return refuse(403, 'API rate limit exceeded for user ID 1.', headers);
  }
  const reply = await answer(state, received);
  const writes = received.method !== 'GET';
  if (writes && faults.loseAnswer > 0 && 'status' in reply && reply.status < 300) {
    faults.loseAnswer -= 1;
    return { take: (response) => response.socket?.destroy() };
  }
  return writes ? reply : withEtag(reply, received);
}

function answer(state: ForgeState, received: Received): Promise<Reply> | Reply {
  const { pathname, searchParams: query } = new URL(received.url, 'http://forge');
  const body = readBody(received);
  if (body === undefined) return refuse(400, 'Problems parsing JSON');
  const [, token = ''] = /^\w+ (.+)$/.exec(received.headers['authorization'] ?? '') ?? [];
  if (/^\/api\/v3\/app\b/.test(pathname)) return asApp(state, pathname, token, received);
  const who = state.tokens.get(token);
  if (who === undefined) return refuse(401, 'Bad credentials');
  return asSomebody(state, pathname, { method: received.method, path: '', query, body, who });
}

function asSomebody(state: ForgeState, pathname: string, request: ForgeRequest): Promise<Reply> | Reply {
  if (pathname === '/api/graphql') return graphql(state, request);
  if (pathname === `${root}/user`) return { status: 200, body: { login: request.who.login, type: 'User' } };
  const [, name = '', path = ''] = /^\/api\/v3\/repos\/([^/]+\/[^/]+)(\/.*)?$/.exec(pathname) ?? [];
  // GitHub takes upper and lower case for the same.
  if (name.toLowerCase() !== state.repository.toLowerCase()) return notFound;
  return below(state, { ...request, path: decodeURIComponent(path) });
}

function below(state: ForgeState, request: ForgeRequest): Promise<Reply> | Reply {
  for (const { method, path, needs, answer: reply } of routes) {
    const found = method === request.method ? path.exec(request.path) : null;
    if (found === null) continue;
    const refusal = needs === undefined ? undefined : whyRefused(state, request.who, needs);
    return refusal ?? reply(state, request, found.slice(1));
  }
  return notFound;
}

function whyRefused({ faults }: ForgeState, who: ForgeToken, needs: Permission): Reply | undefined {
  if (!who.writes.has(needs) || faults.lacks.has(needs)) {
    return refuse(403, 'Resource not accessible by personal access token', {
      'x-accepted-github-permissions': `${needs}=write`,
    });
  }
  return faults.archived ? refuse(403, 'Repository was archived so is read-only.') : undefined;
}

/** Errors of GraphQL come with status 200. */
function graphql(state: ForgeState, { body, who }: ForgeRequest): Reply {
  const { id } = (body['variables'] ?? {}) as { readonly id?: string };
  const pull = state.pulls.get(Number(/^PR_(\d+)$/.exec(id ?? '')?.[1]));
  const wrong = (type: string): Reply => ({ status: 200, body: { data: null, errors: [{ type }] } });
  if (pull === undefined || !textOf(body, 'query').includes('markPullRequestReadyForReview'))
    return wrong('NOT_FOUND');
  if (whyRefused(state, who, 'pull_requests') !== undefined) return wrong('FORBIDDEN');
  pull.draft = false;
  pull.updatedAt = state.now();
  state.changed();
  return { status: 200, body: { data: { markPullRequestReadyForReview: { clientMutationId: null } } } };
}

const installationMs = 3_600_000;

function asApp(state: ForgeState, path: string, jwt: string, { method }: Received): Reply {
  const { app } = state;
  if (app === undefined || !isSignedBy(jwt, app, state.now())) {
    return refuse(401, 'A JSON web token could not be decoded');
  }
  if (method === 'GET' && path === `${root}/app`)
    return { status: 200, body: { id: Number(app.id), slug: app.slug } };
  if (method !== 'POST' || path !== `${root}/app/installations/${app.installation}/access_tokens`)
    return notFound;
  const token = `ghs_playground_${state.next()}`;
  const writes: readonly Permission[] = ['contents', 'pull_requests', 'statuses', 'issues'];
  state.tokens.set(token, { login: `${app.slug}[bot]`, role: 'write', writes: new Set(writes) });
  const permissions = { metadata: 'read', ...Object.fromEntries(writes.map((each) => [each, 'write'])) };
  return { status: 201, body: { token, expires_at: time(state.now() + installationMs), permissions } };
}

function isSignedBy(jwt: string, app: NonNullable<ForgeState['app']>, now: number): boolean {
  const [head = '', claims = '', signature = ''] = jwt.split('.');
  try {
    const parsed = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>;
    const verify = createVerify('RSA-SHA256').update(`${head}.${claims}`);
    const { iss, iat, exp } = parsed;
    const inTime = Number(iat) * 1000 <= now && Number(exp) * 1000 > now && Number(exp) - Number(iat) <= 600;
    return String(iss) === app.id && inTime && verify.verify(app.publicKey(), signature, 'base64url');
  } catch {
    return false;
  }
}

function withEtag(reply: Reply, received: Received): Reply {
  if (!('status' in reply) || reply.status !== 200) return reply;
  const text = JSON.stringify(reply.body);
  const etag = `W/"${createHash('sha256').update(text).digest('hex')}"`;
  if (received.headers['if-none-match'] === etag) return { status: 304, headers: { etag } };
  return { ...reply, headers: { ...reply.headers, etag } };
}
