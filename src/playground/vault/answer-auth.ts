import type { Reply } from '../http-stand-in.ts';
import { noContent, refuse, unknownToken, withData } from './answers.ts';
import { secondsOf, type VaultRequest } from './request.ts';
import type { Token, Tokens } from './tokens.ts';

/** A role of the Kubernetes login, as setup.sh makes it. */
export interface KubernetesRole {
  readonly serviceAccount: { readonly namespace: string; readonly name: string };
  readonly policies: readonly string[];
  /** Milliseconds. */
  readonly ttl: number;
  readonly maxTtl: number;
}

/** Tells whose token it is, as the API server's TokenReview would; nothing where it is not genuine. */
export type ReviewToken = (
  jwt: string,
) => Promise<{ readonly namespace: string; readonly name: string } | undefined>;

export interface Auth {
  readonly tokens: Tokens;
  readonly roles: Map<string, KubernetesRole>;
  readonly reviewToken: ReviewToken;
}

/** POST auth/kubernetes/login. */
export async function answerLogin(
  { tokens, roles, reviewToken }: Auth,
  { body }: VaultRequest,
): Promise<Reply> {
  const { role: roleName, jwt } = body;
  if (typeof roleName !== 'string') return refuse(400, 'missing role');
  if (typeof jwt !== 'string') return refuse(400, 'missing jwt');
  const role = roles.get(roleName);
  if (role === undefined) return refuse(400, `invalid role name "${roleName}"`);
  // An API server that can't be asked looks no other.
  const account = await reviewToken(jwt).catch(() => undefined);
  if (account === undefined) return refuse(403, 'permission denied');
  const { namespace, name } = role.serviceAccount;
  if (account.name !== name) return refuse(403, 'service account name not authorized');
  if (account.namespace !== namespace) return refuse(403, 'namespace not authorized');
  const token = tokens.create({
    policies: role.policies,
    ttl: role.ttl,
    maxTtl: role.maxTtl,
    displayName: `kubernetes-${namespace}-${name}`,
    path: 'auth/kubernetes/login',
    meta: { role: roleName, service_account_name: name, service_account_namespace: namespace },
  });
  return withData(null, 200, { auth: authOf(token, role.ttl) });
}

/** auth/token/lookup-self, renew-self, revoke-self; the policy has been asked already. */
export function answerToken(tokens: Tokens, { path, body, token }: VaultRequest): Reply {
  if (token === undefined) return unknownToken();
  if (path === 'auth/token/lookup-self') return withData(describe(token, tokens.left(token)));
  if (path === 'auth/token/revoke-self') {
    tokens.revoke(token.id);
    return noContent;
  }
  if (!token.renewable) return refuse(400, 'lease is not renewable');
  return withData(null, 200, { auth: authOf(token, tokens.renew(token, secondsOf(body['increment']))) });
}

function authOf(token: Token, lives: number): object {
  return {
    client_token: token.id,
    accessor: token.accessor,
    policies: token.policies,
    token_policies: token.policies,
    metadata: token.meta,
    lease_duration: Math.floor(lives / 1000),
    renewable: token.renewable,
    entity_id: '',
    token_type: 'service',
    orphan: true,
    mfa_requirement: null,
    num_uses: 0,
  };
}

function describe(token: Token, left: number): object {
  const ends = Number.isFinite(left);
  return {
    accessor: token.accessor,
    creation_time: Math.floor(token.createdAt / 1000),
    creation_ttl: token.ttl / 1000,
    display_name: token.displayName,
    entity_id: '',
    expire_time: ends ? new Date(token.expiresAt).toISOString() : null,
    explicit_max_ttl: 0,
    id: token.id,
    issue_time: new Date(token.createdAt).toISOString(),
    meta: token.meta,
    num_uses: 0,
    orphan: true,
    path: token.path,
    policies: token.policies,
    renewable: token.renewable,
    ttl: ends ? Math.floor(left / 1000) : 0,
    type: 'service',
  };
}
