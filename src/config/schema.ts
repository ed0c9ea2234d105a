import { z } from 'zod';
import { Namespace, ResourceName, VaultMount } from '../core/names.ts';
import { rights } from '../core/permissions.ts';
import { mostRemembered } from '../core/version-record.ts';
import { isZone, weekdays } from '../core/weekly-slot.ts';
import { secretSource, url } from './common-schema.ts';
import { Git } from './git-schema.ts';
import { Gitops } from './gitops-schema.ts';
import { Web } from './web-schema.ts';

/*
 * The one schema of the configuration. The reference page, the JSON schema for editors and the checks at start
 * are all made from it. Secrets are never in the file itself: it names the file or variable that holds them.
 */

const channelId = z.string().regex(/^[CG][A-Z0-9]{2,20}$/, 'must be a Slack channel id (C…)');
const slashName = z.string().regex(/^\/[a-z0-9_-]{1,32}$/, 'must be a slash and up to 32 lower-case letters');
const userId = z
  .string()
  .regex(/^(?:[UW][A-Z0-9]{2,20}|\*|terminal)$/, 'must be a Slack user id (U…), *, or terminal');
const pattern = z.string().min(1).max(256);

const Slack = z
  .strictObject({
    mode: z.enum(['socket', 'http']).default('socket').meta({
      description: 'socket: Socket Mode, needs no way in from outside. http: Slack posts signed requests.',
    }),
    botToken: secretSource.meta({ description: 'the bot token (xoxb-…)' }),
    appToken: secretSource
      .optional()
      .meta({ description: 'socket only: the app-level token (xapp-…) with connections:write' }),
    signingSecret: secretSource
      .optional()
      .meta({ description: 'http only: what Slack signs its requests with' }),
    port: z.int().min(1).max(65535).default(3000).meta({ description: 'http only: the port to listen on' }),
    commands: z
      .strictObject({
        secret: slashName.default('/secret').meta({ description: 'for all about secrets' }),
        vault: slashName.default('/vault').meta({ description: 'for all about Vault' }),
      })
      .prefault({})
      .meta({
        description:
          'slash commands as this workspace has them: they are not namespaced in Slack, and may be taken',
      }),
    editsPerMinute: z
      .int()
      .min(5)
      .max(200)
      .default(40)
      .meta({ description: 'edits of messages that all cards share' }),
    apiUrl: url.optional().meta({ description: 'another address of the Web API, for tests' }),
  })
  .superRefine((slack, context) => {
    if (slack.mode === 'socket' && slack.appToken === undefined) {
      context.addIssue({ code: 'custom', path: ['appToken'], message: 'is needed for mode: socket' });
    }
    if (slack.mode === 'http' && slack.signingSecret === undefined) {
      context.addIssue({ code: 'custom', path: ['signingSecret'], message: 'is needed for mode: http' });
    }
  });

const Vault = z.strictObject({
  address: url.meta({ description: 'of the active service, as the bot reaches it' }),
  knownAs: z.array(url).default([]).meta({
    description:
      'other addresses of the same Vault that SecretStores name (the in-cluster service, when the bot comes from outside)',
  }),
  namespace: z.string().min(1).optional().meta({ description: 'of OpenBao or Vault Enterprise' }),
  mount: VaultMount.default('kv' as VaultMount).meta({ description: 'the KV v2 mount' }),
  caFile: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'PEM file of the authority that signed its certificate' }),
  auth: z
    .union(
      [
        z.strictObject({
          kubernetes: z.strictObject({
            mount: z
              .string()
              .min(1)
              .default('kubernetes')
              .meta({ description: 'where the method is mounted' }),
            role: z.string().min(1).default('chatelaine').meta({ description: 'the bot’s role there' }),
            tokenFile: z.string().min(1).default('/var/run/secrets/vault/token').meta({
              description: 'a token of the ServiceAccount for Vault’s audience; read anew each time',
            }),
          }),
        }),
        z.strictObject({
          tokenFile: z.string().min(1).meta({ description: 'a file with a token of Vault, for development' }),
        }),
      ],
      {
        error:
          'must be `kubernetes: { mount, role, tokenFile }`, all of them optional, or `tokenFile: /path`',
      },
    )
    .meta({
      description: 'kubernetes: by the ServiceAccount. tokenFile: a token in a file, for development.',
    }),
  replicas: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(63).meta({ description: 'as people call it' }),
        address: url.meta({ description: 'of this one alone' }),
      }),
    )
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'has two of the same name')
    .default([])
    .meta({
      description:
        'each replica by its own address: the service hides the sealed ones. Without it: the one address.',
    }),
});

const Kubernetes = z
  .strictObject({
    kubeconfig: z.string().min(1).optional().meta({
      description: 'a kubeconfig file; without it and without `server`, the pod’s own ServiceAccount',
    }),
    context: z.string().min(1).optional().meta({ description: 'which of the kubeconfig’s' }),
    server: url.optional().meta({ description: 'the API server, with `tokenFile`, instead of a kubeconfig' }),
    tokenFile: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'a token for `server`; read anew when it changes' }),
    caFile: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'PEM file of the authority that signed its certificate' }),
    namespace: Namespace.default('chatelaine' as Namespace).meta({
      description:
        'the bot’s own: journals and locks are Leases in it. Nobody else should be able to write Leases there.',
    }),
  })
  .superRefine(({ kubeconfig, server }, context) => {
    if (kubeconfig !== undefined && server !== undefined) {
      context.addIssue({
        code: 'custom',
        path: ['server'],
        message: 'is instead of kubeconfig: one of them',
      });
    }
  })
  .prefault({})
  .meta({ description: 'which cluster, and how it is reached' });

const Grant = z.strictObject({
  to: z
    .array(z.string().min(1))
    .min(1)
    .meta({ description: 'groups of this file, Slack user ids, `*` (all full members) or `terminal`' }),
  may: z.array(z.enum(rights)).min(1).meta({ description: 'the rights that it gives' }),
  namespaces: z.array(pattern).default([]).meta({ description: 'patterns; `*` is anything' }),
  paths: z
    .array(pattern)
    .default(['**'])
    .meta({ description: 'patterns of paths in the mount; `*` is one segment, `**` is any' }),
});

const Limits = z
  .strictObject({
    rotationsPerDay: z.int().min(1).max(mostRemembered).default(5).meta({
      description: 'of one path; half of what the path keeps of versions holds as well, if that is less',
    }),
    pauseSeconds: z
      .int()
      .min(0)
      .max(86_400)
      .default(30)
      .meta({ description: 'between two rotations of one path' }),
    syncSeconds: z
      .int()
      .min(1)
      .max(600)
      .default(60)
      .meta({ description: 'that External Secrets has for a new version' }),
    rolloutSeconds: z
      .int()
      .min(1)
      .max(3600)
      .default(300)
      .meta({ description: 'that a rollout has to become ready' }),
  })
  .prefault({})
  .meta({ description: 'how often, and how long' });

const Alerts = z.strictObject({
  channel: channelId.meta({ description: 'where they are told: the bot must be a member' }),
  mention: z.array(z.string().min(1)).max(50).default([]).meta({
    description:
      'groups of this file or Slack user ids: who holds shares, and is called when no replica is active',
  }),
  pollSeconds: z.number().min(0.2).max(60).default(1.5).meta({
    description: 'between two looks at every replica’s seal',
  }),
  reminders: z
    .strictObject({
      day: z.enum(weekdays).default('monday').meta({ description: 'of the week' }),
      hour: z.int().min(0).max(23).default(9).meta({ description: 'from which on it is told' }),
      zone: z
        .string()
        .refine(isZone, 'is no time zone: Europe/Berlin is one')
        .default('UTC')
        .meta({ description: 'the time zone of both' }),
    })
    .prefault({})
    .meta({
      description: 'when overdue rotations are listed in the channel, once a week; nothing where none is',
    }),
  calmSeconds: z.number().min(1).max(3600).default(300).meta({
    description: 'that all must be well before an incident ends; what comes back sooner is the same one',
  }),
  failingSeconds: z.number().min(1).max(3600).default(60).meta({
    description: 'that an ExternalSecret must fail before it is told; what recovers sooner is not',
  }),
});

const Recovery = z.strictObject({
  snapshots: z
    .strictObject({
      namespace: Namespace.default('vault-snapshots' as Namespace).meta({ description: 'the CronJob’s' }),
      // The Job's name is longer, and a label of its pods.
      cronJob: ResourceName.refine((name) => name.length <= 40, 'is longer than 40 characters')
        .default('vault-snapshots' as ResourceName)
        .meta({ description: 'which takes Raft snapshots, as manifests/vault-snapshots has it' }),
      maxAgeHours: z.number().min(1).max(720).default(13).meta({
        description:
          'of the last good one, before it is told: two runs that failed, as it runs every six hours',
      }),
    })
    .prefault({})
    .meta({ description: 'the snapshots, and when their absence is told' }),
  shareHolders: z.array(z.string().min(1)).max(50).default([]).meta({
    description:
      'groups of this file or Slack user ids: each confirms with /vault attest shares that the share is at hand',
  }),
});

export const Configuration = z.strictObject({
  slack: Slack.optional().meta({ description: 'without it only the terminal works' }),
  vault: Vault.meta({ description: 'the Vault or OpenBao whose secrets it keeps' }),
  kubernetes: Kubernetes,
  groups: z
    .record(z.string().regex(/^[a-z][a-z0-9-]*$/, 'must be lower-case words joined by -'), z.array(userId))
    .default({})
    .meta({
      description:
        'names for people, by Slack user id. User groups of Slack are not used: members can change those.',
    }),
  grants: z
    .array(Grant)
    .default([])
    .meta({ description: 'who may do what. What no grant allows is refused.' }),
  limits: Limits,
  git: Git.optional().meta({
    description: 'where proposals go. Without it nothing can be proposed.',
  }),
  gitops: Gitops,
  alerts: Alerts.optional().meta({
    description:
      'seals of Vault and ExternalSecrets that fail, told by themselves. Without it nothing is watched.',
  }),
  recovery: Recovery.optional().meta({
    description: 'snapshots of Vault, and what recovery needs. Without it no snapshot is seen or asked for.',
  }),
  operations: z
    .strictObject({
      leaseSeconds: z
        .int()
        .min(1)
        .max(120)
        .default(15)
        .meta({ description: 'after which another replica goes on with the work of a silent one' }),
    })
    .prefault({})
    .meta({ description: 'work that survives the replica that does it' }),
  web: Web.optional().meta({
    description: 'health: /healthz and /readyz on this port; and the one-time page',
  }),
  log: z
    .strictObject({
      level: z
        .enum(['trace', 'debug', 'info', 'warn', 'error'])
        .default('info')
        .meta({ description: 'the least that is logged; no level logs a value' }),
    })
    .prefault({})
    .meta({ description: 'one JSON object a line, on standard output' }),
});
export type Configuration = z.infer<typeof Configuration>;
