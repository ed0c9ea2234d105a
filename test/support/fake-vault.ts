import { ChatelaineError, type ErrorCode } from '../../src/core/errors.ts';
import { PropertyName, VaultMount, type VaultPath } from '../../src/core/names.ts';
import type { RaftView, Replica, SecretValues, Vault, VaultSession } from '../../src/core/ports/vault.ts';

/** A secret as the fake keeps it: what each version holds, by property. */
export interface StoredSecret {
  readonly versions: ReadonlyMap<string, string>[];
  readonly deleted: Set<number>;
  readonly custom: Record<string, string>;
  maxVersions: number;
}

/** A fault as an adapter throws it. */
export function fault(code: ErrorCode, wrong: string = code): ChatelaineError {
  return new ChatelaineError({
    code,
    doing: 'asking Vault',
    wrong,
    state: 'Nothing changed.',
    next: 'Look there.',
  });
}

/** One KV v2 mount in memory. `fails` makes a method throw; `writes` tells what was changed. */
export class FakeVault implements Vault {
  readonly mount = VaultMount.parse('kv');
  readonly identity = 'fake-vault';
  readonly secrets = new Map<string, StoredSecret>();
  readonly fails = new Map<keyof Vault, unknown>();
  readonly writes: string[] = [];
  readonly #now: () => number;
  seen: Replica[] = [
    { name: 'vault-0', address: 'http://vault-0:8200', state: 'active', version: '2.3.1' },
    { name: 'vault-1', address: 'http://vault-1:8200', state: 'standby', version: '2.3.1' },
  ];
  raftView: RaftView = {
    state: 'seen',
    mayLose: 0,
    peers: [
      { name: 'vault-0', role: 'leader', healthy: true, behind: 0, silentMs: 0 },
      { name: 'vault-1', role: 'voter', healthy: true, behind: 2, silentMs: 120 },
    ],
  };
  login: VaultSession = { state: 'logged-in', method: 'kubernetes', role: 'chatelaine' };

  constructor(now: () => number) {
    this.#now = now;
  }

  put(path: string, values: Record<string, string>, custom: Record<string, string> = {}, versions = 7): void {
    const stored = Array.from({ length: versions }, () => new Map(Object.entries(values)));
    this.secrets.set(path, {
      versions: stored,
      deleted: new Set(),
      custom: { ...custom },
      maxVersions: 10,
    });
  }

  async metadata(path: VaultPath) {
    const { versions, deleted, custom, maxVersions } = this.#at('metadata', path);
    const at = new Date(this.#now() - 3_600_000).toISOString();
    return {
      currentVersion: versions.length,
      oldestVersion: 1,
      maxVersions,
      casRequired: true,
      updatedTime: at,
      versions: versions.map((_, index) => ({
        version: index + 1,
        createdTime: at,
        state: deleted.has(index + 1) ? ('deleted' as const) : ('live' as const),
      })),
      custom: { ...custom },
    };
  }

  async properties(path: VaultPath) {
    const current = this.#at('properties', path).versions.at(-1);
    return [...(current?.keys() ?? [])].toSorted().map((name) => PropertyName.parse(name));
  }

  async list() {
    this.#failing('list');
    return [...this.secrets.keys()].toSorted();
  }

  async create(path: VaultPath, values: SecretValues) {
    this.#failing('create');
    if (this.secrets.has(path)) throw fault('vault-conflict');
    this.writes.push(`create ${path}`);
    this.put(path, opened(values), {}, 1);
    return { version: 1, createdTime: new Date(this.#now()).toISOString() };
  }

  async patch(path: VaultPath, values: SecretValues, cas: number) {
    const { versions } = this.#at('patch', path);
    if (cas !== versions.length) throw fault('vault-conflict');
    versions.push(new Map([...(versions.at(-1) ?? []), ...Object.entries(opened(values))]));
    this.writes.push(`patch ${path} ${[...values.keys()].join(',')}`);
    return { version: versions.length, createdTime: new Date(this.#now()).toISOString() };
  }

  async annotate(path: VaultPath, entries: Readonly<Record<string, string | null>>) {
    const { custom } = this.#at('annotate', path);
    this.writes.push(`annotate ${path} ${Object.keys(entries).join(',')}`);
    for (const [key, value] of Object.entries(entries)) {
      if (value === null) delete custom[key];
      else custom[key] = value;
    }
  }

  async deleteVersions(path: VaultPath, versions: readonly number[]) {
    const { deleted } = this.#at('deleteVersions', path);
    this.writes.push(`delete ${path} ${versions.join(',')}`);
    for (const version of versions) deleted.add(version);
  }

  async replicas() {
    return this.seen;
  }

  async raft() {
    return this.raftView;
  }

  session() {
    return this.login;
  }

  #at(method: keyof Vault, path: string): StoredSecret {
    this.#failing(method);
    const stored = this.secrets.get(path);
    if (stored === undefined) throw fault('vault-missing', `there is nothing at kv/${path}`);
    return stored;
  }

  #failing(method: keyof Vault): void {
    if (this.fails.has(method)) throw this.fails.get(method);
  }
}

function opened(values: SecretValues): Record<string, string> {
  return Object.fromEntries([...values].map(([name, value]) => [name, value.open()]));
}
