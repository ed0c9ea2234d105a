import type { Clock } from '../core/clock.ts';
import { ChatelaineError, isFault } from '../core/errors.ts';
import type { Call } from '../core/ports/call.ts';
import type { Guard, GuardedKind } from '../core/ports/cluster.ts';
import type { KubernetesApi } from './api.ts';
import type { ClusterCache } from './cache.ts';
import { listProbes } from './list-probes.ts';
import { type Where, whereOfStore } from './resources.ts';

export interface GuardOptions {
  readonly api: KubernetesApi;
  readonly cache: ClusterCache;
  readonly clock: Clock;
  /** The name of the ValidatingAdmissionPolicy that must do the refusing. */
  readonly policy: string;
}

/** What a dry run found out; `away` where the API server gave no answer to it. */
interface Found {
  readonly guard: Guard;
  readonly lasting: boolean;
  readonly away?: ChatelaineError;
}

/** Kinds of which the bot may change something, and no more than the policy lets through. */
export type HeldKind = GuardedKind | 'Kustomization' | 'GitRepository' | 'Certificate';

export interface Probe {
  readonly where: Where;
  readonly body: unknown;
}

const keepEnforced = 5 * 60_000;
const keepOther = 15_000;
const mostProbes = 3;

/**
 * Finds out whether the admission policy is in force for a kind, by having the API server try, as a dry run,
 * a change that it must refuse. Threat: without the policy, the right to patch a workload, an ExternalSecret or a
 * store is enough to have any Secret handed over, so nothing is patched then.
 */
export class PolicyGuard {
  readonly #options: GuardOptions;
  readonly #known = new Map<HeldKind, { readonly guard: Guard; readonly until: number }>();

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /** Kept for five minutes where the policy is in force, else for 15 s. Throws only what ended the call. */
  async look(kind: HeldKind, call: Call): Promise<Guard> {
    return (await this.#find(kind, call)).guard;
  }

  /** Throws policy-not-enforced unless the policy is in force, and kubernetes-unreachable where nobody answers. */
  async require(kind: HeldKind, doing: string, call: Call): Promise<void> {
    const { guard, away } = await this.#find(kind, call);
    if (guard.state === 'enforced') return;
    if (away !== undefined) throw away;
    throw new ChatelaineError({
      code: 'policy-not-enforced',
      doing,
      wrong: guard.why,
      state: 'Nothing changed: the bot writes nothing to the cluster until the policy is in force.',
      next: 'Apply manifests/chatelaine/annotations-only.yaml to the cluster.',
    });
  }

  async #find(kind: HeldKind, call: Call): Promise<Found> {
    const known = this.#known.get(kind);
    const now = this.#options.clock.monotonic();
    if (known !== undefined && known.until > now) return { guard: known.guard, lasting: true };
    const found = await this.#probe(kind, call);
    const keep = found.guard.state === 'enforced' ? keepEnforced : keepOther;
    if (found.lasting) this.#known.set(kind, { guard: found.guard, until: now + keep });
    return found;
  }

  async #probe(kind: HeldKind, call: Call): Promise<Found> {
    const probes = await this.#probes(kind, call).catch((error: unknown) => {
      if (isFault(error) && !call.signal.aborted) return error;
      throw error;
    });
    if (isFault(probes)) return this.#judge(kind, probes);
    for (const { where, body } of probes) {
      try {
        await this.#options.api.tryPatch(where, body, `testing the admission policy on ${kind}`, call);
        const why = `the admission policy ${this.#options.policy} is not in force for ${kind}: a change that it forbids would have gone through`;
        return { guard: { state: 'not-enforced', why }, lasting: true };
      } catch (error) {
        if (!isFault(error) || call.signal.aborted) throw error;
        if (error.code !== 'kubernetes-missing') return this.#judge(kind, error);
      }
    }
    const why = this.#options.cache.health().ready
      ? `there is no ${kind} to test the admission policy on`
      : `it is not known yet which ${kind} the admission policy can be tested on`;
    return { guard: { state: 'unknown', why }, lasting: false };
  }

  #judge(kind: HeldKind, fault: ChatelaineError): Found {
    const refusedBy = fault.candidates?.[0];
    if (fault.code === 'kubernetes-refused-by-policy' && refusedBy === this.#options.policy) {
      return { guard: { state: 'enforced' }, lasting: true };
    }
    const why =
      fault.code === 'kubernetes-refused-by-policy'
        ? `another admission policy (${refusedBy ?? 'unnamed'}) refused the test on ${kind} first`
        : `the admission policy could not be tested on ${kind}: ${fault.wrong}`;
    const guard = { state: 'unknown', why } as const;
    return fault.code === 'kubernetes-unreachable'
      ? { guard, lasting: false, away: fault }
      : { guard, lasting: true };
  }

  /** Changes that do nothing bad even if they were made: a refresh interval, a pod's grace period. */
  async #probes(kind: HeldKind, call: Call): Promise<readonly Probe[]> {
    const { api, cache } = this.#options;
    const { secrets, workloads } = cache;
    if (kind === 'Kustomization' || kind === 'GitRepository' || kind === 'Certificate') {
      return listProbes(api, kind, mostProbes, call);
    }
    if (kind === 'ExternalSecret') {
      return secrets.some(mostProbes).map(({ name, refreshInterval }) => ({
        where: { kind, namespace: name.namespace, name: name.name },
        body: { spec: { refreshInterval: refreshInterval === '1h0m1s' ? '1h0m2s' : '1h0m1s' } },
      }));
    }
    if (kind === 'SecretStore' || kind === 'ClusterSecretStore') {
      return secrets
        .stores()
        .filter((store) => store.kind === kind)
        .slice(0, mostProbes)
        .map((store) => ({ where: whereOfStore(store), body: { spec: { refreshInterval: 3_607 } } }));
    }
    // In the pod's own spec, where a Secret would be taken from.
    const body = { spec: { template: { spec: { terminationGracePeriodSeconds: 3_607 } } } };
    return workloads
      .some(kind, mostProbes)
      .map(({ namespace, name }) => ({ where: { kind, namespace, name }, body }));
  }
}
