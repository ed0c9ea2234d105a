import type { Namespace, ResourceName } from '../core/names.ts';
import type { SecretUse, Workload, WorkloadKind, WorkloadName } from '../core/ports/cluster.ts';
import { KeySets } from './key-sets.ts';
import type { PullAccount } from './read-service-account.ts';
import type { WorkloadShape } from './read-workload.ts';
import { reloads } from './reloader.ts';

/** Says whether a Secret carries the annotation that Reloader searches for. */
export type MatchLookup = (namespace: Namespace, secret: ResourceName) => boolean;

/** Workloads by name and by the Secrets that their pods use, those of their ServiceAccount's image pulls included. */
export class WorkloadIndex {
  readonly #shapes = new Map<string, WorkloadShape>();
  readonly #bySecret = new KeySets();
  readonly #byAccount = new KeySets();
  readonly #accountsBySecret = new KeySets();
  readonly #accounts = new Map<string, PullAccount>();
  readonly #matched: MatchLookup;

  constructor(matched: MatchLookup) {
    this.#matched = matched;
  }

  put(shape: WorkloadShape): void {
    this.remove(shape.workload);
    const key = keyOf(shape.workload);
    const { namespace } = shape.workload;
    this.#shapes.set(key, shape);
    for (const secret of shape.uses.keys()) this.#bySecret.add(`${namespace}/${secret}`, key);
    if (shape.pullsAs !== undefined) this.#byAccount.add(`${namespace}/${shape.pullsAs}`, key);
  }

  remove(workload: WorkloadName): void {
    const key = keyOf(workload);
    const shape = this.#shapes.get(key);
    if (shape === undefined) return;
    const { namespace } = workload;
    for (const secret of shape.uses.keys()) this.#bySecret.delete(`${namespace}/${secret}`, key);
    if (shape.pullsAs !== undefined) this.#byAccount.delete(`${namespace}/${shape.pullsAs}`, key);
    this.#shapes.delete(key);
  }

  putAccount(account: PullAccount): void {
    this.removeAccount(account);
    const key = `${account.namespace}/${account.name}`;
    this.#accounts.set(key, account);
    for (const secret of account.pullSecrets) {
      this.#accountsBySecret.add(`${account.namespace}/${secret}`, account.name);
    }
  }

  removeAccount({ namespace, name }: Pick<PullAccount, 'namespace' | 'name'>): void {
    const known = this.#accounts.get(`${namespace}/${name}`);
    for (const secret of known?.pullSecrets ?? []) {
      this.#accountsBySecret.delete(`${namespace}/${secret}`, name);
    }
    this.#accounts.delete(`${namespace}/${name}`);
  }

  shape(workload: WorkloadName): WorkloadShape | undefined {
    return this.#shapes.get(keyOf(workload));
  }

  /** Any few objects of a kind. */
  some(kind: WorkloadKind, most: number): readonly WorkloadName[] {
    const found: WorkloadName[] = [];
    for (const { workload } of this.#shapes.values()) {
      if (found.length >= most) break;
      if (workload.kind === kind) found.push(workload);
    }
    return found;
  }

  using(namespace: Namespace, secret: ResourceName): readonly Workload[] {
    const keys = new Set(this.#bySecret.of(`${namespace}/${secret}`));
    for (const account of this.#accountsBySecret.of(`${namespace}/${secret}`)) {
      for (const key of this.#byAccount.of(`${namespace}/${account}`)) keys.add(key);
    }
    return [...keys].toSorted().flatMap((key) => {
      const shape = this.#shapes.get(key);
      return shape === undefined ? [] : this.#view(shape, secret);
    });
  }

  #view(shape: WorkloadShape, secret: ResourceName): Workload {
    const { workload, replicas } = shape;
    const uses = new Set(shape.uses.get(secret));
    const account = this.#accounts.get(`${workload.namespace}/${shape.pullsAs ?? ''}`);
    if (account?.pullSecrets.includes(secret) === true) uses.add('image pull');
    return {
      ...workload,
      uses: order.filter((use) => uses.has(use)),
      restartedBy: this.#by(shape, secret),
      replicas,
    };
  }

  #by(shape: WorkloadShape, secret: ResourceName): Workload['restartedBy'] {
    if (shape.still !== undefined) return { who: 'no', why: shape.still };
    const uses = [...(shape.uses.get(secret) ?? [])];
    const mounted = uses.some((use) => use !== 'image pull');
    const matched = this.#matched(shape.workload.namespace, secret);
    return { who: reloads(shape.reloader, { name: secret, mounted, matched }) ? 'reloader' : 'bot' };
  }
}

const order: readonly SecretUse[] = ['env', 'volume', 'subPath', 'image pull'];

function keyOf({ namespace, kind, name }: WorkloadName): string {
  return `${namespace}/${kind}/${name}`;
}
