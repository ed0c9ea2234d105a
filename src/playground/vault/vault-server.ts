import type { Received, Reply } from '../http-stand-in.ts';
import { type Auth, answerLogin, answerToken, type KubernetesRole, type ReviewToken } from './answer-auth.ts';
import { answerKv } from './answer-kv.ts';
import { answerOpenSys, answerSeal } from './answer-sys.ts';
import { deniedByPolicy, noContent, refuse, unknownToken, withData } from './answers.ts';
import { KvStore } from './kv-store.ts';
import { loadPolicies } from './policies.ts';
import { capabilitiesOn, isAllowed, type PolicyRule, parsePolicy } from './policy.ts';
import { Replicas } from './replicas.ts';
import { readRequest, secondsOf, textOf, type VaultRequest } from './request.ts';
import type { VaultFaults } from './stand-in.ts';
import { type Token, Tokens } from './tokens.ts';

const mount = 'kv';

interface ServerOptions {
  readonly now: () => number;
  readonly faults: VaultFaults;
  readonly reviewToken: ReviewToken;
  readonly addressOf: (name: string) => string;
}

const minute = 60_000;
/** As manifests/vault/setup.sh makes them. */
const roles: readonly [string, KubernetesRole][] = ['chatelaine', 'external-secrets'].map((name) => [
  name,
  { serviceAccount: { namespace: name, name }, policies: [name], ttl: 15 * minute, maxTtl: 8 * 60 * minute },
]);

/** What all replicas share, and how each one answers. */
export class VaultServer {
  readonly rootToken: string;
  readonly store: KvStore;
  readonly tokens: Tokens;
  readonly replicas: Replicas;
  readonly policies: Map<string, readonly PolicyRule[]> = loadPolicies();
  readonly faults: VaultFaults;
  readonly #auth: Auth;
  readonly #now: () => number;

  constructor(count: number, { now, faults, reviewToken, addressOf }: ServerOptions) {
    this.faults = faults;
    this.#now = now;
    this.store = new KvStore(now);
    this.tokens = new Tokens(now);
    this.replicas = new Replicas(count, addressOf);
    this.#auth = { tokens: this.tokens, roles: new Map(roles), reviewToken };
    this.rootToken = this.tokens.create({ policies: ['root'], ttl: 0, displayName: 'root' }).id;
  }

  /** Answers as the replica of this name. */
  handle(name: string, received: Received): Promise<Reply> | Reply {
    const request = readRequest(received, (id) => this.tokens.find(id));
    if (request === undefined) return refuse(400, 'error parsing JSON');
    const open = answerOpenSys(this.replicas, name, request);
    if (open !== undefined) return open;
    if (this.replicas.find(name).sealed) return refuse(503, 'Vault is sealed');
    // Seen on OpenBao 2.4 while Raft elects, or can't: standbys send everybody to the leader that they last knew.
    if (this.replicas.active === undefined) {
      return { status: 307, headers: { location: `${this.replicas.lastActiveAddress}${received.url}` } };
    }
    if (request.path === 'auth/kubernetes/login' && request.operation === 'write') {
      return answerLogin(this.#auth, request);
    }
    const refusal = this.#refusal(request);
    return refusal ?? this.#answer(name, request);
  }

  #refusal({ token, path, body, ...request }: VaultRequest): Reply | undefined {
    if (token === undefined) return unknownToken();
    if (this.faults.denied && path.startsWith(`${mount}/`)) return deniedByPolicy();
    if (token.policies.includes('root')) return undefined;
    const capability = this.#capabilityFor({ path, operation: request.operation });
    const access = { path, capability, parameters: Object.keys(body) };
    return isAllowed(this.#rulesOf(token), access) ? undefined : deniedByPolicy();
  }

  #rulesOf(token: Token): readonly PolicyRule[] {
    return token.policies.flatMap((name) => this.policies.get(name) ?? []);
  }

  /** A write of a path that has no metadata is `create`, of one that has it `update`; what can't be created is `update`. */
  #capabilityFor({ path, operation }: Pick<VaultRequest, 'path' | 'operation'>): string {
    if (operation !== 'write') return operation;
    const [, kind, secret] = /^kv\/(data|metadata)\/(.+)$/.exec(path) ?? [];
    return kind !== undefined && this.store.entry(secret ?? '') === undefined ? 'create' : 'update';
  }

  #answer(name: string, request: VaultRequest): Reply {
    const { path, operation, body } = request;
    if (path.startsWith(`${mount}/`)) return this.#answerKv(name, request);
    if (/^auth\/token\/(?:lookup|renew|revoke)-self$/.test(path)) return answerToken(this.tokens, request);
    if (path === 'auth/token/create' && operation === 'write') return this.#createToken(body);
    if (path === 'sys/capabilities-self' && operation === 'write') return this.#capabilities(request);
    if (path === 'sys/seal') return answerSeal(this.replicas, name);
    return operation === 'write' ? this.#answerPolicy(request) : this.#answerRead(path);
  }

  #answerRead(path: string): Reply {
    return path === 'sys/storage/raft/autopilot/state' ? withData(this.replicas.autopilot()) : noRoute(path);
  }

  #answerPolicy({ path, body }: VaultRequest): Reply {
    const policy = /^sys\/policies\/acl\/([\w-]+)$/.exec(path)?.[1];
    if (policy === undefined) return noRoute(path);
    this.policies.set(policy, parsePolicy(textOf(body['policy'])));
    return noContent;
  }

  #answerKv(name: string, request: VaultRequest): Reply {
    const [, kind = '', ...segments] = request.path.split('/');
    const secret = segments.join('/').replace(/\/$/, '');
    const writes = kind === 'data' && (request.operation === 'write' || request.operation === 'patch');
    if (writes && this.faults.conflict > 0) this.#writeAsAnother(secret);
    const lag = name === this.replicas.active ? 0 : this.faults.standbyLag;
    const reply = answerKv(this.store, { ...request, kind, secret, seenUntil: this.#now() - lag });
    if (!writes || this.faults.loseAnswer === 0) return reply;
    this.faults.loseAnswer -= 1;
    return { take: (_response, incoming) => incoming.socket.destroy() };
  }

  #writeAsAnother(secret: string): void {
    this.faults.conflict -= 1;
    const entry = this.store.entry(secret);
    const data = entry?.versions.get(entry.current)?.data ?? { value: 'of somebody else' };
    this.store.write(secret, { data, cas: entry?.current ?? 0, who: 'somebody else' });
  }

  #capabilities({ token, body }: VaultRequest): Reply {
    const paths = Array.isArray(body['paths']) ? body['paths'].map(String) : [];
    if (token === undefined || paths.length === 0) return refuse(400, 'paths must be supplied');
    const isRoot = token.policies.includes('root');
    const rules = this.#rulesOf(token);
    const on = (path: string): readonly string[] => (isRoot ? ['root'] : capabilitiesOn(rules, path));
    return withData(Object.fromEntries(paths.map((path) => [path, on(path)])));
  }

  #createToken(body: Readonly<Record<string, unknown>>): Reply {
    const ttl = secondsOf(body['ttl']) ?? 0;
    const given = Array.isArray(body['policies']) ? body['policies'].map(String) : ['root'];
    const policies = body['no_default_policy'] === true ? given : [...given, 'default'];
    const token = this.tokens.create({ policies, ttl });
    const auth = {
      client_token: token.id,
      accessor: token.accessor,
      policies,
      token_policies: policies,
      metadata: null,
      lease_duration: ttl / 1000,
      renewable: token.renewable,
      token_type: 'service',
    };
    return withData(null, 200, { auth });
  }
}

function noRoute(path: string): Reply {
  return refuse(404, `no handler for route "${path}". route entry not found.`);
}
