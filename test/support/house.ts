import { randomBytes } from 'node:crypto';
import { commands } from '../../commands/index.ts';
import type { Actor } from '../../src/core/actor.ts';
import type { Card } from '../../src/core/card.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import type { Settings } from '../../src/core/command.ts';
import { createDispatcher } from '../../src/core/dispatch.ts';
import type { Answer, Dispatcher, Reading } from '../../src/core/dispatcher.ts';
import { Freezes } from '../../src/core/freeze/freezes.ts';
import type { Random } from '../../src/core/generate.ts';
import type { Log, LogFields } from '../../src/core/log.ts';
import { type Grant, permissionsFrom, type Right, rights } from '../../src/core/permissions.ts';
import type { GitOps } from '../../src/core/ports/gitops.ts';
import type { Inspector } from '../../src/core/ports/inspect.ts';
import type { Leases } from '../../src/core/ports/leases.ts';
import type { WorkSurface } from '../../src/core/ports/surface.ts';
import type { ValueHandler } from '../../src/core/ports/value-requests.ts';
import { Attestations } from '../../src/core/recovery/attestations.ts';
import { createOperations, type RunningOperations } from '../../src/operations/create-operations.ts';
import { operationKinds } from '../../src/operations/kinds.ts';
import { takeNewValues } from '../../src/operations/propose/take-values.ts';
import { takeSetValues } from '../../src/operations/set/take-values.ts';
import { ValuesInHand } from '../../src/operations/set/values-in-hand.ts';
import { renderCard } from '../../src/terminal/render-card.ts';
import { keepRequests, type RequestStore } from '../../src/web/values/keep-requests.ts';
import { certificate, FakeCertificates } from './fake-certificates.ts';
import { externalSecret, FakeCluster, workload } from './fake-cluster.ts';
import { FakeFlux } from './fake-flux.ts';
import { FakeLeases } from './fake-leases.ts';
import { FakeVault } from './fake-vault.ts';

/** Values that were there before; a test looks for them where they must never be. */
export const canary = 'CANARY-6f1c0d';

/** May do everything. */
export const admin: Actor = { id: 'U0ADMIN', name: 'robin', surface: 'slack' };
/** May read and rotate in the namespace `media`, and paths below `media/`. */
export const mediaPerson: Actor = { id: 'U0MEDIA', name: 'kim', surface: 'slack' };
/** May read and sync in the namespace `media`. */
export const syncPerson: Actor = { id: 'U0SYNC', name: 'noor', surface: 'slack' };
/** Has no grant. */
export const stranger: Actor = { id: 'U0NOBODY', name: 'sam', surface: 'slack' };
export const shell: Actor = { id: 'terminal', name: 'root', surface: 'terminal' };

/** One entry of the configuration's grants. */
export function grant(
  key: number,
  to: string,
  may: readonly Right[],
  namespaces: readonly string[],
  paths: readonly string[] = ['**'],
): Grant {
  return {
    key: `grants[${key}]`,
    to: [to],
    actors: new Set(to === '@platform-admins' ? [admin.id, shell.id] : [to]),
    may: new Set(may),
    namespaces,
    paths,
  };
}

const grants = [
  grant(0, '@platform-admins', rights, ['*']),
  grant(1, mediaPerson.id, ['read', 'rotate'], ['media'], ['media/**']),
  grant(2, syncPerson.id, ['read', 'sync'], ['media']),
];

const settings: Settings = { rotationsPerDay: 5, pauseSeconds: 0, syncSeconds: 5, rolloutSeconds: 5 };

export interface LogLine extends LogFields {
  readonly level: keyof Log;
  readonly message: string;
}

/** A port, as one replica reaches it. */
export type Through = <T extends object>(port: string, target: T) => T;

/** A homelab in memory with the real dispatcher, commands and operations over it. */
export interface House {
  readonly vault: FakeVault;
  readonly cluster: FakeCluster;
  readonly flux: FakeFlux;
  readonly operations: RunningOperations;
  readonly leases: FakeLeases;
  readonly freezes: Freezes;
  readonly certificates: FakeCertificates;
  readonly dispatcher: Dispatcher;
  readonly log: readonly LogLine[];
  /** What the one-time page works with. */
  readonly store: RequestStore;
  readonly take: ValueHandler;
  /** Cards that operations showed, by message, each as it was changed. */
  readonly messages: Card[][];
  read(line: string, actor?: Actor): Reading;
  /** Reads and runs a line; what can't be read answers with its card. */
  ask(line: string, actor?: Actor): Promise<Card>;
  run(reading: Reading & { readonly kind: 'ready' }, actor?: Actor, deliveryId?: string): Promise<Answer>;
}

export function openHouse(
  options: {
    readonly settings?: Partial<Settings>;
    readonly inspectors?: readonly Inspector[];
    /** Whether a one-time page is configured. */
    readonly page?: boolean;
    readonly grants?: readonly Grant[];
    readonly gitops?: (leases: Leases) => GitOps;
    /** Another replica of this house: the servers and messages are the same, and work that was left is gone on with. */
    readonly over?: House;
    /** What the operations reach the servers by. */
    readonly through?: Through;
    /** What proposed values are made of. */
    readonly random?: Random;
    /** A replica that is silent for this long is taken for gone. */
    readonly leaseSeconds?: number;
    /** The clock of the operations. */
    readonly clock?: Clock;
  } = {},
): House {
  const { over, through = (_port, target) => target } = options;
  const vault = over?.vault ?? seededVault();
  const cluster = over?.cluster ?? seededCluster();
  const flux = over?.flux ?? new FakeFlux();
  const certificates = over?.certificates ?? seededCertificates();
  const permissions = permissionsFrom([...grants, ...(options.grants ?? [])]);
  const lines: LogLine[] = [];
  const log = keepingLog(lines);
  const messages = over?.messages ?? [];
  const hand = new ValuesInHand();
  const leases = over?.leases ?? new FakeLeases();
  const reached = through('leases', leases);
  const freezes = new Freezes({ leases: reached, clock: systemClock });
  const gitops = options.gitops?.(reached);
  const operations = createOperations({
    leases: reached,
    freezes,
    vault: through('vault', vault),
    cluster: through('cluster', cluster),
    flux: through('flux', flux),
    certificates: through('certificates', certificates),
    permissions,
    surface: through('surface', keepingSurface(messages)),
    clock: options.clock ?? systemClock,
    log,
    kinds: operationKinds(hand, options.random ?? randomBytes),
    ...(gitops === undefined ? {} : { gitops }),
    holder: over === undefined ? 'test' : 'other',
    leaseSeconds: options.leaseSeconds ?? 15,
    resumes: over !== undefined,
  });
  const store = keepRequests({
    leases,
    clock: systemClock,
    randomBytes,
    publicUrl: 'https://secrets.example.org',
  });
  const takes: Readonly<Record<string, ValueHandler>> = {
    set: takeSetValues({
      vault,
      cluster,
      permissions,
      settings: { ...settings, ...options.settings },
      operations,
      hand,
      clock: systemClock,
    }),
    new: takeNewValues({
      vault,
      cluster,
      flux,
      certificates,
      permissions,
      operations,
      hand,
      ...(gitops === undefined ? {} : { gitops }),
    }),
  };
  const take: ValueHandler = (brought, call) => {
    const handler = takes[brought.request.kind];
    if (handler === undefined) throw new Error(`nobody takes values for ${brought.request.kind}`);
    return handler(brought, call);
  };
  const dispatcher = createDispatcher({
    commands,
    cluster,
    flux,
    certificates,
    vault,
    operations,
    freezes,
    permissions,
    ...(gitops === undefined ? {} : { gitops }),
    inspectors: options.inspectors ?? [],
    settings: { ...settings, ...options.settings },
    recovery: {
      attestations: new Attestations(leases, systemClock),
      shareHolders: [admin, mediaPerson],
      maxAgeMs: 13 * 3_600_000,
    },
    clock: systemClock,
    log,
    ...(options.page === true ? { valueRequests: store } : {}),
  });
  let deliveries = 0;
  const house: House = {
    vault,
    cluster,
    certificates,
    flux,
    operations,
    leases,
    freezes,
    dispatcher,
    log: lines,
    messages,
    store,
    take,
    read: (line, actor = admin) => dispatcher.read(line.split(' ').filter(Boolean), actor),
    async ask(line, actor = admin) {
      const reading = house.read(line, actor);
      if (reading.kind !== 'ready') return reading.card;
      const { card, shown } = await house.run(reading, actor);
      const last = card ?? shown;
      if (last === undefined) throw new Error(`/${line} answered nothing`);
      return last;
    },
    run({ command, given }, actor = admin, deliveryId) {
      deliveries += 1;
      return dispatcher.run({
        command,
        given,
        actor,
        place: { surface: 'test' },
        deliveryId: deliveryId ?? `delivery-${deliveries}`,
        signal: new AbortController().signal,
      });
    },
  };
  return house;
}

/** A card as a terminal without colours shows it; what differs from run to run is made the same. */
export function shownText(card: Card): string {
  return renderCard(card, { colours: false, width: 100 })
    .replace(/ *\d+(?:\.\d+)? (?:ms|s)(?=   asked by|$)/gm, ' TOOK')
    .replace(/Request [0-9a-f]{8}/, 'Request ID')
    .replace(/\d+ days ago|\d+ h \d+ min ago|\d+ min \d+ s ago/g, 'AGO');
}

function seededVault(): FakeVault {
  const vault = new FakeVault(Date.now);
  const known = { 'chatelaine-natures': 'api-key=self-contained', 'chatelaine-proven': 'v6' };
  vault.put('media/jellyfin', { 'api-key': canary }, known);
  vault.put(
    'home/paperless',
    { 'db-password': canary, 'secret-key': canary, 'smtp-password': canary },
    { 'chatelaine-natures': 'db-password=two-sided,smtp-password=external' },
  );
  vault.put('media/sonarr', { token: canary });
  vault.put('home/sonarr', { token: canary });
  vault.put('media/gallery', { user: canary });
  vault.put('shared/smtp', { password: canary });
  vault.put('security/dex', { secret: canary });
  return vault;
}

function seededCertificates(): FakeCertificates {
  const certificates = new FakeCertificates();
  certificates.add(certificate('media/web'), certificate('network/wildcard'));
  return certificates;
}

function seededCluster(): FakeCluster {
  const cluster = new FakeCluster();
  cluster.add(
    externalSecret('media/jellyfin', ['media/jellyfin#api-key']),
    externalSecret('home/homarr', ['media/jellyfin#api-key']),
    externalSecret('home/paperless', ['home/paperless']),
    externalSecret('media/sonarr', ['media/sonarr#token']),
    externalSecret('home/sonarr', ['home/sonarr#token']),
    externalSecret('media/gallery', ['media/gallery#user', 'shared/smtp#password']),
    externalSecret('home/search', ['find:home/paperless']),
    externalSecret('security/dex', ['security/dex#secret'], {
      ready: { status: 'False', reason: 'SecretSyncedError', message: 'permission denied' },
    }),
  );
  cluster.run(workload('media/jellyfin'));
  cluster.run(workload('home/homarr', { uses: ['volume'] }));
  return cluster;
}

function keepingLog(lines: LogLine[]): Log {
  const at =
    (level: keyof Log) =>
    (fields: LogFields, message: string): void => {
      lines.push({ ...fields, level, message });
    };
  return { trace: at('trace'), debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function keepingSurface(messages: Card[][]): WorkSurface {
  return {
    async show(_place, card) {
      messages.push([card]);
      return { message: String(messages.length - 1) };
    },
    async change(shown, card) {
      messages[Number(shown['message'])]?.push(card);
    },
    async remove(shown) {
      messages[Number(shown['message'])]?.splice(0);
    },
  };
}
