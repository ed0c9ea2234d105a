import { randomBytes, randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { commands } from '../commands/index.ts';
import { maxSnapshotAge, shareHoldersIn } from './config/load-configuration.ts';
import { gitOf, gitopsOf, kubernetesOf, type StartOptions, vaultOf } from './connect.ts';
import type { Recovery } from './core/command.ts';
import { createDispatcher } from './core/dispatch.ts';
import type { Dispatcher } from './core/dispatcher.ts';
import { ChatelaineError } from './core/errors.ts';
import { Freezes } from './core/freeze/freezes.ts';
import type { Operations } from './core/operation.ts';
import { permissionsFrom } from './core/permissions.ts';
import type { GitOps } from './core/ports/gitops.ts';
import type { Leases } from './core/ports/leases.ts';
import type { Place, Shown, WorkSurface } from './core/ports/surface.ts';
import type { ValueHandler } from './core/ports/value-requests.ts';
import { Attestations } from './core/recovery/attestations.ts';
import { inspectorsOf } from './inspectors.ts';
import type { KubernetesAdapter } from './kubernetes/connect.ts';
import { createOperations } from './operations/create-operations.ts';
import { operationKinds } from './operations/kinds.ts';
import { takeNewValues } from './operations/propose/take-values.ts';
import { takeSetValues } from './operations/set/take-values.ts';
import { ValuesInHand } from './operations/set/values-in-hand.ts';
import { receiveWebhooks } from './receive-webhooks.ts';
import { connectSlack, type SlackAdapter } from './slack/connect-slack.ts';
import type { VaultAdapter } from './vault/connect-vault.ts';
import { watchWith } from './watch-with.ts';
import type { ServedWebhooks } from './web/serve-webhooks.ts';
import { keepRequests, type RequestStore } from './web/values/keep-requests.ts';
import { type ServedPage, servePage } from './web/values/serve-page.ts';

export interface Terminal {
  readonly dispatcher: Dispatcher;
  /** Resolves when the caches are filled; throws what keeps them from it, at the latest when the signal ends. */
  ready(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

interface Surroundings {
  readonly surface: WorkSurface;
  /** Whether it goes on with what other replicas left. */
  readonly resumes: boolean;
  /** How many connections to Slack are up, where there are any. */
  readonly connections?: () => number;
}

type Parts = Terminal & {
  readonly operations: Operations;
  readonly gitops?: GitOps;
  readonly kubernetes: KubernetesAdapter;
  readonly vault: VaultAdapter;
  readonly freezes: Freezes;
  /** This process among the replicas. */
  readonly holder: string;
  readonly store: RequestStore | undefined;
  /** Who takes the values that people bring, by kind of request. */
  readonly takes: ReadonlyMap<string, ValueHandler>;
};

/** Everything that a command needs, with one surface for its cards. */
async function assemble(
  options: StartOptions,
  { surface, resumes, connections }: Surroundings,
): Promise<Parts> {
  const { loaded, clock, log } = options;
  const { configuration } = loaded;
  const vault = vaultOf(options);
  const git = gitOf(options);
  const kubernetes = await kubernetesOf(options);
  vault.start();
  const permissions = permissionsFrom(loaded.grants);
  const { cluster, flux, certificates } = kubernetes;
  const gitops = gitopsOf(options, { git, kubernetes });
  const freezes = new Freezes({ leases: kubernetes.leases, clock });
  const shared = {
    vault: vault.vault,
    cluster,
    flux,
    certificates,
    permissions,
    freezes,
    clock,
    log,
    ...(gitops === undefined ? {} : { gitops }),
  };
  const holder = `${hostname()}-${randomUUID().slice(0, 8)}`;
  const hand = new ValuesInHand();
  const operations = createOperations({
    ...shared,
    leases: kubernetes.leases,
    surface,
    kinds: operationKinds(hand),
    holder,
    leaseSeconds: configuration.operations.leaseSeconds,
    resumes,
  });
  const store = storeOf(options, kubernetes.leases);
  const dispatcher = createDispatcher({
    ...shared,
    commands,
    operations,
    ...(store === undefined ? {} : { valueRequests: store }),
    inspectors: inspectorsOf(options, {
      vault,
      kubernetes,
      git,
      ...(connections === undefined ? {} : { connections }),
    }),
    settings: configuration.limits,
    recovery: recoveryOf(options, kubernetes),
  });
  return {
    dispatcher,
    operations,
    ...(gitops === undefined ? {} : { gitops }),
    kubernetes,
    vault,
    freezes,
    holder,
    store,
    takes: new Map([
      ['set', takeSetValues({ ...shared, settings: configuration.limits, operations, hand })],
      ['new', takeNewValues({ ...shared, operations, hand })],
    ]),
    ready: (signal) => kubernetes.ready(signal),
    async close() {
      await operations.close();
      await Promise.all([vault.close(), kubernetes.close(), git?.close()]);
    },
  };
}

/** Where a one-time page is configured: requests for it can be made without serving it. */
function storeOf({ loaded, clock }: StartOptions, leases: Leases): RequestStore | undefined {
  const page = loaded.configuration.web?.page;
  return page === undefined
    ? undefined
    : keepRequests({ leases, clock, randomBytes, publicUrl: page.publicUrl });
}

function recoveryOf({ loaded, clock }: StartOptions, { leases }: KubernetesAdapter): Recovery {
  const { configuration } = loaded;
  return {
    attestations: new Attestations(leases, clock),
    shareHolders: shareHoldersIn(configuration).map((id) => ({ id, name: id, surface: 'slack' })),
    maxAgeMs: maxSnapshotAge(configuration),
  };
}

/** For one command from a terminal. It runs its own operation, and leaves those of others to the replicas. */
export function startTerminal(options: StartOptions, surface: WorkSurface): Promise<Terminal> {
  return assemble(options, { surface, resumes: false });
}

export interface Bot {
  /** Why it is not ready to answer, in words; empty when it is. */
  troubles(): readonly string[];
  /** Receives nothing more, ends or hands over what runs, and lets go of everything. Never throws. */
  close(): Promise<void>;
}

/** The bot: receives from Slack, and goes on with what other replicas left. Throws config-invalid, slack-refused. */
export async function startBot(options: StartOptions): Promise<Bot> {
  const slack = slackOf(options);
  const parts = await assemble(options, {
    surface: surfacesWith(slack),
    resumes: true,
    connections: () => slack.health().connections,
  });
  // Before Slack is reached: what happens meanwhile is told late, with its real times.
  const watch = watchWith(options, parts, { threads: slack.surface, cards: surfacesWith(slack) });
  let page: ServedPage | undefined;
  let webhooks: ServedWebhooks | undefined;
  try {
    page = await pageOf(options, parts);
    webhooks = await receiveWebhooks(options, parts.gitops);
    await slack.start(parts.dispatcher);
  } catch (error) {
    await Promise.all([page?.close(), webhooks?.close()]);
    await watch.close();
    await parts.close();
    await slack.close();
    throw error;
  }
  return {
    troubles: () => [
      ...parts.kubernetes.cluster.health().troubles,
      ...slack.health().troubles,
      ...(slack.health().connections === 0 ? ['no connection to Slack'] : []),
      ...watch.troubles(),
    ],
    async close() {
      await webhooks?.close();
      await watch.close();
      await slack.close();
      await page?.close();
      await parts.close();
    },
  };
}

async function pageOf({ loaded, clock, log }: StartOptions, parts: Parts): Promise<ServedPage | undefined> {
  const page = loaded.configuration.web?.page;
  if (page === undefined || parts.store === undefined) return undefined;
  return servePage({ ...page, store: parts.store, handlers: parts.takes, clock, log });
}

/** Work that was begun in a terminal and left there has nowhere to show its card any more: it is in the log. */
function surfacesWith(slack: SlackAdapter): WorkSurface {
  const nowhere: Shown = { surface: 'none' };
  const isSlack = (place: Place): boolean => place['surface'] === 'slack';
  const isNowhere = (shown: Shown): boolean => ['none', 'terminal'].includes(shown['surface'] ?? '');
  return {
    show: (place, card, call) =>
      isSlack(place) ? slack.surface.show(place, card, call) : Promise.resolve(nowhere),
    change: (shown, card, change, call) =>
      isNowhere(shown) ? Promise.resolve() : slack.surface.change(shown, card, change, call),
    remove: (shown, call) => (isNowhere(shown) ? Promise.resolve() : slack.surface.remove(shown, call)),
  };
}

function slackOf({ loaded, clock, log }: StartOptions): SlackAdapter {
  const { slack } = loaded.configuration;
  if (slack === undefined) {
    throw new ChatelaineError({
      code: 'config-invalid',
      doing: 'starting the bot',
      wrong: 'the configuration has no section slack',
      state: 'Chatelaine did not start.',
      next: 'Add it, or use a command from the terminal: chatelaine secret list.',
    });
  }
  const token = (source: typeof slack.appToken): string =>
    source === undefined ? '' : loaded.secret(source)();
  return connectSlack({
    mode:
      slack.mode === 'socket'
        ? { mode: 'socket', appToken: token(slack.appToken) }
        : {
            mode: 'http',
            signingSecret: token(slack.signingSecret),
            port: slack.port,
            path: '/slack/events',
          },
    botToken: token(slack.botToken),
    commands: { [slack.commands.secret]: 'secret', [slack.commands.vault]: 'vault' },
    editsPerMinute: slack.editsPerMinute,
    clock,
    log,
    ...(slack.apiUrl === undefined ? {} : { slackApiUrl: slack.apiUrl }),
  });
}
