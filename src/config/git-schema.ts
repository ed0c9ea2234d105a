import { z } from 'zod';
import { BranchName, ForgeLogin, RepositoryName } from '../core/git-names.ts';
import { secretSource, url } from './common-schema.ts';

const person = z.string().regex(/^[UW][A-Z0-9]{2,20}$/, 'must be a Slack user id (U…)');
const number = z.string().regex(/^[0-9]{1,20}$/, 'must be a number, in quotes');
const label = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9 ._/-]{0,49}$/, 'is not the name of a label');

/** The section about the Git host. */
export const Git = z
  .strictObject({
    host: z.enum(['github', 'gitea']).default('github').meta({
      description: 'github: also an Enterprise Server. gitea: also Forgejo.',
    }),
    address: url.default('https://github.com').meta({ description: 'as people open it' }),
    caFile: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'PEM file of the authority that signed its certificate' }),
    repository: RepositoryName.meta({ description: 'the cluster’s: `owner/name`' }),
    base: BranchName.default('main' as BranchName).meta({
      description: 'the branch that the cluster runs from, and that proposals go to',
    }),
    auth: z
      .union(
        [
          z.strictObject({
            token: secretSource.meta({
              description: 'a fine-grained token, or one of Gitea; read anew each time',
            }),
          }),
          z.strictObject({
            app: z
              .strictObject({
                id: number.meta({ description: 'the app’s id' }),
                installation: number.meta({ description: 'the id of its installation' }),
                privateKey: secretSource.meta({ description: 'its private key, PEM' }),
              })
              .meta({ description: 'a GitHub App’s' }),
          }),
        ],
        { error: 'must be `token: { file }` or `app: { id, installation, privateKey }`' },
      )
      .meta({ description: 'token: of an account of the bot’s own. app: a GitHub App, which has none.' }),
    people: z.record(person, z.array(ForgeLogin).min(1)).default({}).meta({
      description:
        'whose the accounts on the Git host are, by Slack user id. An account of nobody approves nothing.',
    }),
    label: label.default('chatelaine').meta({ description: 'by which the bot’s proposals are told' }),
    labels: z.array(label).max(10).default([]).meta({ description: 'more of them for each proposal' }),
    pollSeconds: z.number().min(0.2).max(3600).default(20).meta({
      description: 'between two looks at each proposal that waits',
    }),
    webhook: z
      .strictObject({
        port: z.int().min(1).max(65535).default(8082).meta({
          description: 'the port of the webhook alone, for an Ingress; its path is `/webhook`',
        }),
        secret: secretSource.meta({
          description: 'what the host signs deliveries with, of at least 16 characters',
        }),
      })
      .optional()
      .meta({
        description:
          'a webhook of the repository: what happens on the host is looked at at once. It may be left out, or lost: the host is polled all the same.',
      }),
    expiryDays: z.int().min(1).max(365).default(14).meta({
      description: 'after which a proposal that nobody merged is closed',
    }),
    graceDays: z.int().min(1).max(365).default(30).meta({
      description:
        'for which what was removed is left so that it can be brought back, before somebody is reminded to destroy it',
    }),
  })
  .superRefine(({ host, address, auth }, context) => {
    const wrong = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (host === 'gitea' && 'app' in auth) wrong('auth', 'an app is one of GitHub’s: Gitea takes a token');
    if (host === 'gitea' && /\/\/(?:[a-z]+\.)?github\.com/.test(address)) {
      wrong('address', 'is needed for host: gitea');
    }
  });
