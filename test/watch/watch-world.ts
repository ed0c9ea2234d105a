import type { Card } from '../../src/core/card.ts';
import { plainText } from '../../src/core/card.ts';
import { systemClock } from '../../src/core/clock.ts';
import { Freezes } from '../../src/core/freeze/freezes.ts';
import { silentLog } from '../../src/core/log.ts';
import type { VaultMount } from '../../src/core/names.ts';
import type { Leases } from '../../src/core/ports/leases.ts';
import type { Shown, ThreadedSurface } from '../../src/core/ports/surface.ts';
import type { Vault } from '../../src/core/ports/vault.ts';
import { RotationSurvey } from '../../src/core/survey-rotations.ts';
import type { VaultStandIn } from '../../src/playground/vault/stand-in.ts';
import { startVault } from '../../src/playground/vault/start-vault.ts';
import { connectVault } from '../../src/vault/connect-vault.ts';
import { startWatch, type Watch } from '../../src/watch/start-watch.ts';
import { FakeCluster } from '../support/fake-cluster.ts';
import { FakeLeases } from '../support/fake-leases.ts';
import { fault } from '../support/fake-vault.ts';

/** A message in the channel, with every state that it had, and its thread. */
export interface Message {
  readonly cards: Card[];
  readonly thread: Card[];
  readonly at: number;
}

/** Vault's stand-in, a channel and Leases in memory, each of which can be away, and any number of replicas of the watch. */
export interface WatchWorld {
  readonly vault: VaultStandIn;
  readonly leases: AbsentLeases;
  readonly messages: readonly Message[];
  /** As every replica sees it. */
  readonly cluster: FakeCluster;
  slackDown: boolean;
  /** What Slack waits for before it takes a new message. */
  slackGate: Promise<void>;
  /** New messages that it was asked for. */
  slackAsked: number;
  startReplica(name: string, options?: { readonly graceMs?: number }): Watch;
  /** As a crash: it says and writes nothing more, and hands nothing over. */
  kill(watch: Watch): void;
  close(): Promise<void>;
}

/** Leases that are away when the API server is. */
export class AbsentLeases implements Leases {
  readonly real = new FakeLeases();
  away = false;
  /** Changes of Leases whose names begin so are made, and their answers lost. */
  losing: string | undefined;

  create(...args: Parameters<Leases['create']>) {
    return this.#now(() => this.real.create(args[0]), args[0].name);
  }
  replace(...args: Parameters<Leases['replace']>) {
    return this.#now(() => this.real.replace(args[0]), args[0].name);
  }
  get(...args: Parameters<Leases['get']>) {
    return this.#now(() => this.real.get(args[0]));
  }
  list(...args: Parameters<Leases['list']>) {
    return this.#now(() => this.real.list(args[0]));
  }
  remove(...args: Parameters<Leases['remove']>) {
    return this.#now(() => this.real.remove(args[0]));
  }

  async #now<T>(work: () => Promise<T>, changed = ''): Promise<T> {
    if (this.away) throw fault('kubernetes-unreachable');
    const answer = await work();
    if (this.losing !== undefined && changed.startsWith(this.losing)) throw fault('kubernetes-unreachable');
    return answer;
  }
}

export interface WatchWorldOptions {
  /** What is watched in the place of the stand-in. */
  readonly watched?: Pick<Vault, 'replicas'>;
  readonly calmMs?: number;
  readonly pollMs?: number;
  readonly leaseSeconds?: number;
  readonly cluster?: FakeCluster;
}

export async function startWatchWorld(options: WatchWorldOptions = {}): Promise<WatchWorld> {
  const { calmMs = 60_000, pollMs = 25, leaseSeconds = 0.4, cluster = new FakeCluster(), watched } = options;
  const vault = await startVault({});
  const leases = new AbsentLeases();
  const messages: Message[] = [];
  const dead = new Set<string>();
  const watches = new Map<Watch, string>();
  const closing: (() => Promise<void>)[] = [];
  const world: WatchWorld = {
    vault,
    leases,
    messages,
    cluster,
    slackDown: false,
    slackGate: Promise.resolve(),
    slackAsked: 0,
    startReplica(name, { graceMs = 60_000 } = {}) {
      const adapter = connectVault({
        address: vault.url,
        mount: 'kv' as VaultMount,
        auth: { kind: 'token-file', file: '/nowhere' },
        replicas: vault.replicas.map((each) => ({ name: each.name, address: each.url })),
        log: silentLog,
      });
      const reached = guardedBy(() => dead.has(name), leases, ['create', 'replace', 'get', 'list', 'remove']);
      const watch = startWatch({
        leases: reached,
        holder: name,
        durationSeconds: leaseSeconds,
        graceMs,
        clock: systemClock,
        log: silentLog,
        alerts: {
          vault: watched ?? adapter.vault,
          cluster: guardedBy(() => dead.has(name), cluster, ['lookAgain', 'forceSync', 'awaitSync']),
          healing: { settle: 50, store: 300, pause: 40 },
          surface: channelOf(world, messages, () => world.slackDown || dead.has(name)),
          place: { surface: 'slack', channel: 'C0PLATFORM' },
          mention: [{ id: 'U0ADA0001', name: 'ada', surface: 'slack' }],
          freezes: new Freezes({ leases: reached, clock: systemClock }),
          weekly: { day: 'monday', hour: 9, zone: 'UTC' },
          survey: new RotationSurvey({ vault: adapter.vault, clock: systemClock }),
          pollMs,
          calmMs,
          failingMs: 200,
          clock: systemClock,
          log: silentLog,
        },
      });
      watches.set(watch, name);
      closing.push(async () => {
        await watch.close();
        await adapter.close();
      });
      return watch;
    },
    kill(watch) {
      dead.add(watches.get(watch) ?? '');
    },
    async close() {
      await Promise.all(closing.map((each) => each()));
      await vault.close();
    },
  };
  return world;
}

/** The same, unless the replica is dead: then these reach nothing. */
function guardedBy<T extends object>(isDead: () => boolean, target: T, asked: readonly (keyof T)[]): T {
  return new Proxy(target, {
    get(of, key) {
      const value: unknown = Reflect.get(of, key);
      if (typeof value !== 'function') return value;
      const isAsked = asked.some((each) => each === key);
      return (...args: unknown[]): unknown =>
        isAsked && isDead() ? Promise.reject(fault('kubernetes-unreachable')) : value.apply(of, args);
    },
  });
}

function channelOf(world: WatchWorld, messages: Message[], isDown: () => boolean): ThreadedSurface {
  const at = (shown: Shown): Message | undefined => messages[Number(shown['message'])];
  const up = (): void => {
    if (isDown()) throw fault('slack-unreachable');
  };
  return {
    async show(_place, card) {
      up();
      world.slackAsked += 1;
      await world.slackGate;
      messages.push({ cards: [card], thread: [], at: Date.now() });
      return { message: String(messages.length - 1) };
    },
    async change(shown, card) {
      up();
      at(shown)?.cards.push(card);
    },
    async reply(shown, card) {
      up();
      at(shown)?.thread.push(card);
    },
  };
}

/** What a message says now, as one text. */
export function says(message: Message | undefined): string {
  const card = message?.cards.at(-1);
  return card === undefined ? '' : [card.title, ...(card.lines ?? [])].map(plainText).join('\n');
}

/** What was told in its thread. */
export function thread(message: Message | undefined): readonly string[] {
  return message?.thread.map(({ title }) => plainText(title).replace(/^\S+ /, '')) ?? [];
}
