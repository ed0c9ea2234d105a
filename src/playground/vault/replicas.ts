import { randomBytes, randomUUID } from 'node:crypto';

const threshold = 3;
const shares = 5;
const version = '2.4.0';

/** One server of the cluster; each is sealed on its own. */
export interface ReplicaState {
  readonly name: string;
  sealed: boolean;
  given: Set<string>;
  nonce: string;
}

/** Who is sealed and who is active: Raft elects among the unsealed, as long as they are more than half. */
export class Replicas {
  readonly all: readonly ReplicaState[];
  /** Shamir shares of this run. */
  readonly unsealKeys: readonly string[];
  readonly #clusterName = `vault-cluster-${randomBytes(4).toString('hex')}`;
  readonly #clusterId = randomUUID();
  readonly #addressOf: (name: string) => string;
  #active: string | undefined;
  /** Standbys go on naming the leader that they last knew. */
  #lastActive: string;
  #activeSince = new Date();

  constructor(count: number, addressOf: (name: string) => string) {
    this.all = Array.from({ length: count }, (_, index) => ({
      name: `vault-${index}`,
      sealed: false,
      given: new Set<string>(),
      nonce: '',
    }));
    this.unsealKeys = Array.from({ length: shares }, () => randomBytes(33).toString('base64'));
    this.#addressOf = addressOf;
    this.#active = this.all[0]?.name;
    this.#lastActive = this.#active ?? '';
  }

  get active(): string | undefined {
    return this.#active;
  }

  get lastActiveAddress(): string {
    return this.#addressOf(this.#lastActive);
  }

  find(name: string): ReplicaState {
    const replica = this.all.find((each) => each.name === name);
    if (replica === undefined) throw new Error(`there is no replica ${name}`);
    return replica;
  }

  seal(name: string): void {
    const replica = this.find(name);
    replica.sealed = true;
    replica.given.clear();
    this.#elect();
  }

  /** As if enough shares had been given. */
  unseal(name: string): void {
    const replica = this.find(name);
    replica.sealed = false;
    replica.given.clear();
    this.#elect();
  }

  /** One share; what isn't one counts at the end only, as with the real one: then all are thrown away. Returns false for that. */
  give(name: string, key: string): boolean {
    const replica = this.find(name);
    if (!replica.sealed) return true;
    if (replica.given.size === 0) replica.nonce = randomUUID();
    replica.given.add(key);
    if (replica.given.size < threshold) return true;
    const genuine = [...replica.given].every((each) => this.unsealKeys.includes(each));
    if (genuine) this.unseal(name);
    else replica.given.clear();
    return genuine;
  }

  reset(name: string): void {
    this.find(name).given.clear();
  }

  #elect(): void {
    const able = this.all.filter(({ sealed }) => !sealed);
    const quorum = able.length > this.all.length / 2;
    const still = able.find(({ name }) => name === this.#active);
    const next = quorum ? (still ?? able[0])?.name : undefined;
    if (next === this.#active) return;
    this.#active = next;
    if (next === undefined) return;
    this.#lastActive = next;
    this.#activeSince = new Date();
  }

  sealStatus(name: string): object {
    const { sealed, given, nonce } = this.find(name);
    return {
      type: 'shamir',
      initialized: true,
      sealed,
      t: threshold,
      n: shares,
      progress: given.size,
      nonce: given.size > 0 ? nonce : '',
      version,
      build_date: '',
      migration: false,
      ...(sealed ? {} : { cluster_name: this.#clusterName, cluster_id: this.#clusterId }),
      recovery_seal: false,
      storage_type: 'raft',
    };
  }

  leader(name: string): object {
    const isSelf = this.#active === name;
    const address = this.#addressOf(this.#lastActive);
    return {
      ha_enabled: true,
      is_self: isSelf,
      active_time: isSelf ? this.#activeSince.toISOString() : '0001-01-01T00:00:00Z',
      leader_address: address,
      leader_cluster_address: address.replace('http:', 'https:'),
      raft_committed_index: 1,
      raft_applied_index: 1,
    };
  }

  /** sys/storage/raft/autopilot/state. A sealed replica takes no entries, and is not heard of. */
  autopilot(): object {
    const servers = this.all.map(({ name, sealed }) => ({
      id: name,
      name,
      address: this.#addressOf(name).replace(/^https?:\/\//, ''),
      node_status: 'alive',
      last_contact: name === this.#active ? '0s' : sealed ? '1m12.5s' : '210.4ms',
      last_term: 3,
      last_index: sealed ? 900 : 1200,
      healthy: !sealed,
      stable_since: this.#activeSince.toISOString(),
      status: name === this.#active ? 'leader' : 'voter',
      version,
      node_type: 'voter',
    }));
    const able = servers.filter(({ healthy }) => healthy).length;
    const quorum = Math.floor(servers.length / 2) + 1;
    return {
      healthy: able === servers.length,
      failure_tolerance: Math.max(0, able - quorum),
      servers: Object.fromEntries(servers.map((each) => [each.id, each])),
      leader: this.#active ?? '',
      voters: servers.map(({ id }) => id),
    };
  }

  health(name: string): { readonly status: number; readonly body: object } {
    const { sealed } = this.find(name);
    const standby = this.#active !== name;
    return {
      status: sealed ? 503 : standby ? 429 : 200,
      body: {
        initialized: true,
        sealed,
        standby,
        performance_standby: false,
        server_time_utc: Math.floor(Date.now() / 1000),
        version,
        ...(sealed ? {} : { cluster_name: this.#clusterName, cluster_id: this.#clusterId }),
      },
    };
  }
}
