import type { Card } from '../../src/core/card.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { ChatelaineError, type ErrorCode } from '../../src/core/errors.ts';
import { Freezes } from '../../src/core/freeze/freezes.ts';
import { type Log, silentLog } from '../../src/core/log.ts';
import type { Namespace, PropertyName, ResourceName, VaultMount, VaultPath } from '../../src/core/names.ts';
import type { Operation } from '../../src/core/operation.ts';
import { permissionsFrom } from '../../src/core/permissions.ts';
import type { Cluster, RolloutTicket, SyncTicket } from '../../src/core/ports/cluster.ts';
import type { LeaseRecord, Leases } from '../../src/core/ports/leases.ts';
import type { WorkSurface } from '../../src/core/ports/surface.ts';
import type { SecretValues, Vault } from '../../src/core/ports/vault.ts';
import { createOperations, type RunningOperations } from '../../src/operations/create-operations.ts';
import { readEntry } from '../../src/operations/journal-entry.ts';
import { renew } from '../../src/operations/renew/renew.ts';
import { rotate } from '../../src/operations/rotate/rotate.ts';
import type { RotateState } from '../../src/operations/rotate/state.ts';
import { sync } from '../../src/operations/sync/sync.ts';
import { FakeCertificates } from '../support/fake-certificates.ts';
import { FakeFlux } from '../support/fake-flux.ts';

export { until } from '../support/until.ts';

/** What a dead replica's calls do: nothing, for ever. */
const never = new Promise<never>(() => undefined);

export function fault(code: ErrorCode): ChatelaineError {
  return new ChatelaineError({ code, doing: 'testing', wrong: code, state: 'nothing', next: 'nothing' });
}

/** One cluster, one Vault and one Slack, as they are behind every replica: what they were told stays told. */
export class World {
  readonly leases = new Map<string, LeaseRecord>();
  readonly versions: { readonly by: string; readonly values: ReadonlyMap<string, string> }[] = [];
  readonly custom: Record<string, string> = {};
  readonly marks = new Map<string, string>();
  readonly rollouts = new Map<string, string[]>();
  /** Every card that each message showed, by message. */
  readonly messages = new Map<string, Card[]>();
  /** How many messages were shown, removed ones too. */
  shown = 0;
  /** What was done, in order, by whom. */
  readonly effects: string[] = [];
  #revision = 0;

  constructor(versions = 7) {
    for (let version = 1; version <= versions; version += 1) {
      this.versions.push({ by: 'seed', values: new Map() });
    }
  }

  nextRevision(): string {
    this.#revision += 1;
    return String(this.#revision);
  }

  lastCards(): readonly Card[] {
    return [...this.messages.values()].flatMap((cards) => cards.at(-1) ?? []);
  }
}

/** Hooks around each call of one replica: a test kills, holds or fails it there. */
export interface Hooks {
  /** Called with the call's name and its number from 1, before it is done and after (before it is answered). */
  at(moment: 'before' | 'after', call: string, number: number): Promise<void> | void;
}

/** One replica over a world. `kill` makes all its calls, now and later, end in silence. */
export class Replica {
  readonly name: string;
  readonly operations: RunningOperations;
  readonly calls: string[] = [];
  readonly #world: World;
  readonly #hooks: Hooks;
  #dead = false;

  constructor(
    world: World,
    name: string,
    options: {
      hooks?: Hooks;
      leaseSeconds?: number;
      resumes?: boolean;
      kinds?: readonly Operation[];
      /** Namespaces in which everybody may do everything. */
      namespaces?: readonly string[];
      log?: Log;
      /** By which looks at the freeze grow old. */
      freezeClock?: Clock;
    } = {},
  ) {
    this.name = name;
    this.#world = world;
    this.#hooks = options.hooks ?? { at: () => undefined };
    const leases = this.#leases();
    this.operations = createOperations({
      leases,
      freezes: new Freezes({ leases, clock: options.freezeClock ?? systemClock }),
      vault: this.#vault(),
      cluster: this.#cluster(),
      flux: new FakeFlux(),
      certificates: new FakeCertificates(),
      surface: this.#surface(),
      permissions: permissionsFrom([
        {
          key: 'grants[0]',
          to: ['all'],
          actors: new Set(['*']),
          may: new Set(['rotate', 'sync']),
          namespaces: options.namespaces ?? ['*'],
          paths: ['**'],
        },
      ]),
      clock: systemClock,
      log: options.log ?? silentLog,
      kinds: options.kinds ?? [rotate, renew, sync],
      holder: name,
      leaseSeconds: options.leaseSeconds ?? 0.3,
      resumes: options.resumes ?? true,
    });
  }

  kill(): void {
    this.#dead = true;
  }

  async #call<T>(name: string, effect: () => T): Promise<T> {
    if (this.#dead) return never;
    this.calls.push(name);
    const number = this.calls.length;
    await this.#hooks.at('before', name, number);
    if (this.#dead) return never;
    const result = effect();
    await this.#hooks.at('after', name, number);
    return this.#dead ? never : result;
  }

  #leases(): Leases {
    const { leases } = this.#world;
    const stored = (lease: LeaseRecord): LeaseRecord => structuredClone(lease);
    return {
      create: (lease) =>
        this.#call(`lease create ${lease.name}`, () => {
          if (leases.has(lease.name)) throw fault('kubernetes-conflict');
          const record = {
            ...lease,
            uid: this.#world.nextRevision(),
            resourceVersion: this.#world.nextRevision(),
          };
          leases.set(lease.name, record);
          return stored(record);
        }),
      replace: (lease) =>
        this.#call(`lease replace ${lease.name}`, () => {
          const current = leases.get(lease.name);
          if (current === undefined) throw fault('kubernetes-missing');
          if (current.resourceVersion !== lease.resourceVersion) throw fault('kubernetes-conflict');
          const record = { ...lease, resourceVersion: this.#world.nextRevision() };
          leases.set(lease.name, record);
          return stored(record);
        }),
      get: (name) =>
        this.#call(`lease get ${name}`, () => {
          const current = leases.get(name);
          return current === undefined ? undefined : stored(current);
        }),
      list: ({ key, value }) =>
        this.#call('lease list', () =>
          [...leases.values()].filter((lease) => lease.labels[key] === value).map(stored),
        ),
      remove: (lease) =>
        this.#call(`lease remove ${lease.name}`, () => {
          const current = leases.get(lease.name);
          if (current !== undefined && current.resourceVersion !== lease.resourceVersion)
            throw fault('kubernetes-conflict');
          leases.delete(lease.name);
        }),
    };
  }

  #vault(): Vault {
    const { versions, custom, effects } = this.#world;
    const write = (values: SecretValues, cas: number): { version: number; createdTime: string } => {
      if (cas !== versions.length) throw fault('vault-conflict');
      versions.push({
        by: this.name,
        values: new Map([...values].map(([name, value]) => [name, value.open()])),
      });
      effects.push(`${this.name} wrote v${versions.length}`);
      return { version: versions.length, createdTime: new Date().toISOString() };
    };
    return {
      mount: 'kv' as VaultMount,
      identity: 'vault',
      metadata: () =>
        this.#call('vault metadata', () => ({
          currentVersion: versions.length,
          oldestVersion: 1,
          maxVersions: 10,
          casRequired: true,
          updatedTime: new Date().toISOString(),
          versions: [],
          custom: { ...custom },
        })),
      properties: () => this.#call('vault properties', () => ['api-key' as PropertyName]),
      list: () => this.#call('vault list', () => []),
      raft: () => this.#call('vault raft', () => ({ state: 'unseen', why: 'not asked here' })),
      create: () => this.#call('vault create', () => write(new Map(), 0)),
      patch: (_path, values, cas) => this.#call('vault patch', () => write(values, cas)),
      deleteVersions: () => this.#call('vault delete', () => undefined),
      annotate: (_path, entries) =>
        this.#call('vault annotate', () => {
          for (const [key, value] of Object.entries(entries)) {
            if (value === null) delete custom[key];
            else custom[key] = value;
          }
        }),
      replicas: () => this.#call('vault replicas', () => []),
      session: () => ({ state: 'logged-in', method: 'token-file' }),
    };
  }

  #cluster(): Cluster {
    const { marks, rollouts, effects } = this.#world;
    return {
      health: () => ({ ready: true, troubles: [], externalSecrets: 2 }),
      externalSecrets: () => [],
      externalSecret: () => undefined,
      readersOf: () => [],
      workloadsUsing: () => [],
      stores: () => [],
      failures: () => this.#call('failures', () => []),
      guard: () => this.#call('guard', () => ({ state: 'enforced' as const })),
      forceSync: (name, mark) =>
        this.#call(`force-sync ${name.namespace}/${name.name}`, (): SyncTicket => {
          if (marks.get(`${name.namespace}/${name.name}`) !== mark)
            effects.push(`${this.name} marked ${name.name}`);
          marks.set(`${name.namespace}/${name.name}`, mark);
          return { name, uid: 'u', mark, expected: 'after', before: 'before' };
        }),
      awaitSync: ({ name }) =>
        this.#call(`await-sync ${name.namespace}/${name.name}`, () => ({ state: 'live' as const })),
      lookAgain: () => this.#call('look-again', () => undefined),
      restart: (workload, mark) =>
        this.#call(`restart ${workload.name}`, (): RolloutTicket => {
          const before = rollouts.get(workload.name) ?? [];
          if (!before.includes(mark)) rollouts.set(workload.name, [...before, mark]);
          return { workload, uid: 'u', generation: 2 };
        }),
      watchRollout: (workload) =>
        this.#call(
          `watch-rollout ${workload.name}`,
          (): RolloutTicket => ({ workload, uid: 'u', generation: 2 }),
        ),
      awaitRollout: (ticket) =>
        this.#call(`await-rollout ${ticket.workload.name}`, () => ({ state: 'ready' as const, replicas: 1 })),
    };
  }

  #surface(): WorkSurface {
    const { messages } = this.#world;
    return {
      show: (_place, card) =>
        this.#call('show', () => {
          this.#world.shown += 1;
          const id = `message-${this.#world.shown}`;
          messages.set(id, [card]);
          return { id };
        }),
      change: (shown, card, { last }) =>
        last
          ? this.#call('change', () => {
              messages.get(shown['id'] ?? '')?.push(card);
            })
          : Promise.resolve(),
      remove: (shown) => this.#call('remove', () => void messages.delete(shown['id'] ?? '')),
    };
  }
}

const media = 'media' as Namespace;

/** A rotation of media/jellyfin with two readers, one workload of the bot's and one of Reloader's. */
export function rotateState(): RotateState {
  const name = (text: string): ResourceName => text as ResourceName;
  return {
    target: 'media/jellyfin',
    mount: 'kv',
    path: 'media/jellyfin' as VaultPath,
    properties: [
      { name: 'api-key' as PropertyName, recipe: { kind: 'password', length: 32, alphabet: 'alphanumeric' } },
    ],
    before: 7,
    write: { state: 'waiting' },
    readers: [
      { namespace: media, name: name('jellyfin'), state: 'waiting' },
      { namespace: 'home' as Namespace, name: name('homarr'), state: 'waiting' },
    ],
    consumers: [
      {
        kind: 'Deployment',
        namespace: media,
        name: name('jellyfin'),
        uses: ['env'],
        readers: ['media/jellyfin'],
        by: 'bot',
        state: 'waiting',
      },
      {
        kind: 'Deployment',
        namespace: media,
        name: name('sonarr'),
        uses: ['env'],
        readers: ['media/jellyfin'],
        by: 'reloader',
        state: 'waiting',
      },
    ],
    syncMs: 5_000,
    rolloutMs: 5_000,
  };
}

/** Asks a replica for that rotation. */
export function startRotation(
  replica: Replica,
  id = 'request1',
  change: Partial<RotateState> = {},
): Promise<Card | undefined> {
  return replica.operations.start({
    id,
    kind: 'rotate',
    state: { ...rotateState(), ...change },
    actor: { id: 'U1', name: 'robin', surface: 'slack' },
    requestId: id,
    place: { surface: 'test' },
    locks: [{ key: 'vault/media/jellyfin', what: 'rotating media/jellyfin' }],
  });
}

const lock = { key: 'vault/media/jellyfin', what: 'rotating media/jellyfin' };

/** A journal that nobody holds, as a replica left it or as somebody made it up. */
export function leaveJournal(world: World, change: Record<string, unknown>, id = 'request1'): void {
  const entry = {
    kind: 'rotate',
    requestId: id,
    actor: { id: 'U1', name: 'robin', surface: 'slack' },
    place: { surface: 'test' },
    startedAt: new Date().toISOString(),
    locks: [lock],
    step: 0,
    phase: 'working',
    takenOver: 0,
    state: rotateState(),
    ...change,
  };
  leaveLease(world, `op-${id}`, { 'chatelaine.dev/journal': JSON.stringify(entry) });
}

/** A Lease with a journal's label and these annotations. */
export function leaveLease(
  world: World,
  name: string,
  annotations: Readonly<Record<string, string>>,
  more: Partial<LeaseRecord> = {},
): void {
  world.leases.set(name, {
    name,
    labels: { 'chatelaine.dev/role': 'journal' },
    annotations,
    holder: '',
    durationSeconds: 15,
    renewTime: '2026-01-01T00:00:00.000000Z',
    transitions: 0,
    uid: world.nextRevision(),
    resourceVersion: world.nextRevision(),
    ...more,
  });
}

/** The phase of an operation, by its journal; undefined where there is none. */
export function phaseOf(world: World, id = 'request1'): string | undefined {
  const journal = world.leases.get(`op-${id}`);
  return journal === undefined ? undefined : readEntry(journal).phase;
}
