import { rights } from '../core/permissions.ts';
import { accounts } from './forge/seed.ts';
import { channels, people } from './slack/seed.ts';

/** Where the servers of a homelab are, and the files that a pod of the bot would find mounted. */
export interface Places {
  readonly slackApiUrl: string;
  readonly vault: {
    readonly address: string;
    /** What the SecretStores call it, where that is not its address. */
    readonly knownAs?: readonly string[];
    readonly replicas: readonly { readonly name: string; readonly address: string }[];
  };
  readonly kubernetes: { readonly server: string; readonly tokenFile: string; readonly caFile?: string };
  readonly vaultTokenFile: string;
}

/** Which accounts of the Git host are whose. */
export const peopleOnHost = {
  [people.requester]: [accounts.requester],
  [people.admin]: [accounts.admin],
  [people.viewer]: [accounts.viewer],
};

/** The configuration that a person would write for this homelab. The tokens of Slack are in its environment. */
export function usualConfiguration({ slackApiUrl, vault, kubernetes, vaultTokenFile }: Places): object {
  return {
    slack: {
      botToken: { env: 'SLACK_BOT_TOKEN' },
      appToken: { env: 'SLACK_APP_TOKEN' },
      apiUrl: slackApiUrl,
    },
    vault: {
      address: vault.address,
      knownAs: vault.knownAs ?? [],
      auth: { kubernetes: { role: 'chatelaine', tokenFile: vaultTokenFile } },
      replicas: vault.replicas.map(({ name, address }) => ({ name, address })),
    },
    kubernetes,
    groups: { 'platform-admins': [people.admin], 'media-team': [people.requester] },
    grants: [
      {
        to: ['platform-admins'],
        may: [...rights],
        namespaces: ['*'],
      },
      {
        to: ['media-team'],
        may: ['read', 'rotate', 'set', 'sync', 'policy', 'freeze', 'propose', 'remove'],
        namespaces: ['media', 'home'],
      },
      { to: [people.viewer], may: ['read'], namespaces: ['*'] },
      {
        to: ['terminal'],
        may: ['read', 'rotate', 'set', 'sync', 'policy', 'freeze', 'thaw'],
        namespaces: ['*'],
      },
    ],
    alerts: { channel: channels.platform, mention: ['platform-admins'] },
    recovery: { shareHolders: ['platform-admins'] },
    limits: { pauseSeconds: 0, syncSeconds: 15, rolloutSeconds: 30 },
    log: { level: 'warn' },
  };
}
