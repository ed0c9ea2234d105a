import { z } from 'zod';
import type { KubeObject } from '../kubernetes/api/kube-object.ts';
import { workloadKinds } from '../show-objects.ts';
import { askReplica, type Health, healthOf } from './ask-vault.ts';
import type { Servers } from './servers.ts';

/** The real servers as they were last seen. Names, versions and states: no call that is made could answer a value. */
export interface Sight {
  readonly replicas: readonly { readonly name: string; readonly health: Health }[];
  readonly secrets: readonly { readonly path: string; readonly version: number }[];
  readonly externalSecrets: readonly KubeObject[];
  readonly workloads: readonly KubeObject[];
  /** Whether the servers answered the last time; what is above is older where they did not. */
  readonly answers: { readonly vault: boolean; readonly kubernetes: boolean };
}

/** How old what is shown may be, in milliseconds. Vault keeps an audit record of each look, so it is asked less often. */
const kubernetesMs = 400;
const vaultMs = 1000;

const Scanned = z.object({
  data: z.object({ key_info: z.record(z.string(), z.object({ current_version: z.int() })) }),
});

const Listed = z.object({
  items: z.array(z.looseObject({ metadata: z.looseObject({ name: z.string(), namespace: z.string() }) })),
});

/** Looks at the servers while somebody looks at the page, and not else. */
export class Lookout {
  readonly #servers: Servers;
  readonly #rounds: readonly Round[];
  #sight: Sight = {
    replicas: [],
    secrets: [],
    externalSecrets: [],
    workloads: [],
    answers: { vault: true, kubernetes: true },
  };

  constructor(servers: Servers) {
    this.#servers = servers;
    this.#rounds = [
      new Round(vaultMs, () => this.#lookAtVault()),
      new Round(kubernetesMs, () => this.#lookAtKubernetes()),
    ];
  }

  /** What was seen last, at once; looks again where that is old. */
  now(): Sight {
    for (const round of this.#rounds) round.begin();
    return this.#sight;
  }

  /** Resolves when no look is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.#rounds.map((round) => round.ended()));
  }

  async #lookAtVault(): Promise<void> {
    const { replicas: all, rootToken: token } = this.#servers.vault;
    const replicas = await Promise.all(
      all.map(async ({ name, address }) => ({ name, address, health: await healthOf(address) })),
    );
    this.#see({ replicas: replicas.map(({ name, health }) => ({ name, health })) });
    const active = replicas.find(({ health }) => health === 'active');
    const secrets = active === undefined ? undefined : await scan(active.address, token);
    this.#see(secrets === undefined ? {} : { secrets }, { vault: secrets !== undefined });
  }

  async #lookAtKubernetes(): Promise<void> {
    const seen = await Promise.all([
      this.#list('/apis/external-secrets.io/v1/externalsecrets', 'ExternalSecret'),
      ...workloadKinds.map((kind) => this.#list(`/apis/apps/v1/${kind.toLowerCase()}s`, kind)),
    ]).catch(() => undefined);
    if (seen === undefined) {
      this.#see({}, { kubernetes: false });
      return;
    }
    const [externalSecrets, ...workloads] = seen;
    this.#see({ externalSecrets, workloads: workloads.flat() }, { kubernetes: true });
  }

  async #list(path: string, kind: string): Promise<readonly KubeObject[]> {
    const { items } = Listed.parse(await this.#servers.adminApi.need('GET', path));
    return (
      items
        .filter(({ metadata }) => metadata.namespace !== 'chatelaine')
        // An item of a list does not say its own kind.
        .map((item) => ({ ...item, kind }) as unknown as KubeObject)
    );
  }

  #see(seen: Partial<Sight>, answers: Partial<Sight['answers']> = {}): void {
    this.#sight = { ...this.#sight, ...seen, answers: { ...this.#sight.answers, ...answers } };
  }
}

/** Every path with its newest version, in one call; metadata only. Undefined when Vault does not answer. */
async function scan(address: string, token: string): Promise<Sight['secrets'] | undefined> {
  const asked = { method: 'GET', path: 'kv/detailed-metadata/?scan=true', token };
  const answer = await askReplica(address, asked).catch(() => undefined);
  const read = Scanned.safeParse(answer);
  if (!read.success) return undefined;
  return Object.entries(read.data.data.key_info)
    .map(([path, { current_version: version }]) => ({ path, version }))
    .toSorted((a, b) => a.path.localeCompare(b.path));
}

/** One look at a time, and none sooner than some time after the last. */
class Round {
  readonly #everyMs: number;
  readonly #look: () => Promise<void>;
  #ended = Number.NEGATIVE_INFINITY;
  #under: Promise<void> | undefined;

  constructor(everyMs: number, look: () => Promise<void>) {
    this.#everyMs = everyMs;
    this.#look = look;
  }

  async ended(): Promise<void> {
    await this.#under;
  }

  begin(): void {
    if (this.#under !== undefined || performance.now() - this.#ended < this.#everyMs) return;
    this.#under = this.#look().finally(() => {
      this.#under = undefined;
      this.#ended = performance.now();
    });
  }
}
