import type { SecretSource } from './config/common-schema.ts';
import { createConfigurationInspector } from './config/inspect-configuration.ts';
import type { Loaded } from './config/load-configuration.ts';
import { gitOf, kubernetesOf, type StartOptions, vaultOf } from './connect.ts';
import { isFault } from './core/errors.ts';
import { findingsOf } from './core/findings.ts';
import type { Area, Finding, Inspector } from './core/ports/inspect.ts';
import type { GitAdapter } from './git/connect-git.ts';
import type { WebhookInspection } from './git/inspect-webhook.ts';
import type { KubernetesAdapter } from './kubernetes/connect.ts';
import { createSlackInspector } from './slack/inspect-slack.ts';
import type { VaultAdapter } from './vault/connect-vault.ts';
import { isListening } from './web/is-listening.ts';
import { webhookPath } from './web/serve-webhooks.ts';

export interface Parts {
  /** Absent where the configuration does not say how to reach it. */
  readonly vault?: VaultAdapter | undefined;
  readonly kubernetes?: KubernetesAdapter | undefined;
  readonly git?: GitAdapter | undefined;
  /** Connections of a running bot to Slack. */
  readonly connections?: () => number;
}

/** One inspector for each part that there is. */
export function inspectorsOf({ loaded, log }: StartOptions, parts: Parts): readonly Inspector[] {
  const { configuration } = loaded;
  const { vault, kubernetes, git, connections } = parts;
  const { auth } = configuration.vault;
  return [
    createConfigurationInspector({
      configuration,
      namespaces: async (call) => kubernetes?.around.namespaces(call),
    }),
    ...(configuration.slack === undefined
      ? []
      : [
          createSlackInspector({
            ...tokensOf(loaded, configuration.slack),
            people: peopleOf(loaded),
            log,
            ...(connections === undefined ? {} : { connections }),
          }),
        ]),
    ...(vault === undefined ? [] : [vault.inspector(async (call) => kubernetes?.around.paths(call) ?? [])]),
    ...(kubernetes?.inspectors({
      replicas: async (call) => vault?.vault.replicas(call) ?? [],
      ...('kubernetes' in auth ? { role: auth.kubernetes.role } : {}),
    }) ?? []),
    ...(git === undefined ? [] : [git.inspector(webhookOf(loaded, connections !== undefined))]),
  ];
}

function webhookOf({ configuration, secret }: Loaded, isServed: boolean): WebhookInspection | undefined {
  const webhook = configuration.git?.webhook;
  if (webhook === undefined) return undefined;
  const { port } = webhook;
  return {
    path: webhookPath,
    port,
    secret: secret(webhook.secret),
    listens: ({ signal }) => isListening(port, signal),
    isServed,
  };
}

type SlackConfiguration = NonNullable<Loaded['configuration']['slack']>;

function tokensOf({ secret }: Loaded, { mode, botToken, appToken, apiUrl }: SlackConfiguration) {
  const read = (source: SecretSource | undefined): string | undefined => {
    try {
      const text = source === undefined ? '' : secret(source)();
      return text === '' ? undefined : text;
    } catch {
      // The configuration's own findings tell of it.
      return undefined;
    }
  };
  return {
    mode,
    botToken: read(botToken),
    appToken: read(appToken),
    ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl }),
  };
}

/** Every Slack user whom the configuration names, and where. */
function peopleOf({ configuration: { grants, groups } }: Loaded): ReadonlyMap<string, string> {
  const named = [
    ...Object.entries(groups).flatMap(([name, ids]) => ids.map((id) => [id, `groups.${name}`] as const)),
    ...grants.flatMap(({ to }, index) => to.map((id) => [id, `grants[${index}]`] as const)),
  ];
  return new Map(named.filter(([id]) => /^[UW][A-Z0-9]+$/.test(id)));
}

export interface Examination {
  readonly inspectors: readonly Inspector[];
  close(): Promise<void>;
}

/**
 * For `chatelaine doctor`: connects what the configuration names, whatever is wrong with the rest, and begins no work.
 * `found` is what is wrong with the configuration's file; without `loaded` that is all there is to say.
 */
export async function startExamination(
  options: Omit<StartOptions, 'loaded'> & { readonly loaded: Loaded | undefined },
  found: readonly Finding[],
): Promise<Examination> {
  const { loaded } = options;
  const told: Inspector = { area: 'Configuration', inspect: async () => found };
  if (loaded === undefined) return { inspectors: [told, unread], close: async () => undefined };
  const whole = { ...options, loaded };
  const broken: Inspector[] = [];
  const vault = await orBroken(async () => vaultOf(whole), 'Vault', broken);
  const kubernetes = await orBroken(() => kubernetesOf(whole), 'Kubernetes', broken);
  const git = await orBroken(async () => gitOf(whole), 'Git', broken);
  return {
    inspectors: [told, ...broken, ...inspectorsOf(whole, { vault, kubernetes, git })],
    async close() {
      await Promise.all([vault?.close(), kubernetes?.close(), git?.close()]);
    },
  };
}

const unread: Inspector = {
  area: 'Configuration',
  inspect: async () => [
    findingsOf('Configuration').unknown(
      'everything else',
      'Slack, Vault, the cluster and the Git host can be looked at once the configuration says where they are',
    ),
  ],
};

async function orBroken<Part>(
  connect: () => Promise<Part>,
  area: Area,
  broken: Inspector[],
): Promise<Part | undefined> {
  try {
    return await connect();
  } catch (error) {
    if (!isFault(error)) throw error;
    const fault = findingsOf(area).of('fault', error);
    broken.push({ area, inspect: async () => [fault] });
    return undefined;
  }
}
