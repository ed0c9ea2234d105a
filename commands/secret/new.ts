import { z } from 'zod';
import type { Card } from '../../src/core/card.ts';
import { type CommandContext, defineCommand } from '../../src/core/command.ts';
import type { Answer } from '../../src/core/dispatcher.ts';
import { isFault } from '../../src/core/errors.ts';
import { PropertyName } from '../../src/core/names.ts';
import type { ExternalSecret } from '../../src/core/ports/cluster.ts';
import { type Category, categories } from '../../src/core/ports/manifests.ts';
import {
  type MakingKind,
  makingKinds,
  makingsOf,
  namesBrought,
  namesMade,
} from '../../src/core/proposal/making.ts';
import { alphabets, valueKinds } from '../../src/core/recipe.ts';
import { reasonGiven } from '../../src/core/targets.ts';
import { startLanding } from '../../src/operations/land/start-landing.ts';
import type { NewSecretRequest } from '../../src/operations/propose/new-secret-request.ts';
import { addsTo, planAddition } from '../../src/operations/propose/plan-change.ts';
import { planEdit } from '../../src/operations/propose/plan-edit.ts';
import { planNewSecret } from '../../src/operations/propose/plan-proposal.ts';
import { startProposal } from '../../src/operations/propose/start-proposal.ts';
import { askForValues } from './proposal/ask-for-values.ts';

const categoryMeanings: Record<Category, string> = {
  bootstrap: 'in Git, encrypted for the cluster: what it needs before Vault works',
  infrastructure: 'in Vault: what the platform uses, such as databases and storage',
  application: 'in Vault: what one app uses, such as its password or its API keys',
  certificate: 'with cert-manager, which makes the key; nobody brings a value',
};

const kindMeanings: Record<MakingKind, string> = {
  password: 'letters and digits, and more with an alphabet',
  hex: 'random bytes as 0 to 9 and a to f',
  base64: 'random bytes in base64',
  base64url: 'random bytes in base64 that fits into a URL',
  digits: '0 to 9',
  uuid: 'a random UUID',
  ssh: 'SSH key pair, Ed25519: NAME and NAME.pub',
  age: 'age identity and its recipient: NAME.agekey and NAME.pub',
  wireguard: 'WireGuard key pair: NAME and NAME.pub',
  'rsa-3072': 'RSA key pair in PEM: NAME.key and NAME.pub',
  'rsa-4096': 'the same, longer and slower',
  'ec-p256': 'P-256 key pair in PEM: NAME.key and NAME.pub',
  htpasswd: 'a password, and its line for basic authentication: NAME.htpasswd',
  typed: 'what only you have: you get a one-time page for it, never Slack',
};

/** A certificate has no properties, and no value that we would make. */
const withValues = ['bootstrap', 'infrastructure', 'application'] as const satisfies readonly Category[];

/** A new secret: its values to Vault, and what reads them to Git, where a second person approves it. */
export const newSecret = defineCommand({
  name: 'secret new',
  summary:
    'Propose a new secret in Git, generated or brought by you, and bring it into the cluster after the merge',
  details:
    'application and infrastructure: values in Vault, and an ExternalSecret that reads them. certificate: a Certificate of cert-manager. bootstrap: a file that SOPS encrypts; one that is there is changed by you with sops. A second person approves it on the Git host. For an ExternalSecret that is there the properties are added to it; their values are generated, or asked for, after the merge.',
  examples: [
    'secret new media/jellyseerr api-key --category application',
    'secret new network/web --category certificate --dns web.example.org',
  ],
  may: 'propose',
  effect: 'write',
  args: z.object({
    category: z.enum(categories).meta({
      title: 'Category',
      description: 'where it will live',
      meanings: categoryMeanings,
    }),
    target: z
      .string()
      .min(3)
      .max(320)
      .meta({ title: 'Name', description: 'namespace/name of what is to be made' }),
    properties: z
      .array(PropertyName)
      .max(50)
      .default([])
      .meta({
        title: 'Properties',
        description: 'their names, such as api-key',
        needed: true,
        onlyWith: { category: withValues },
      }),
    dns: z
      .array(z.string().min(1).max(253))
      .max(50)
      .default([])
      .meta({
        title: 'DNS names',
        description: 'that it is valid for',
        needed: true,
        onlyWith: { category: ['certificate'] },
      }),
    kind: z
      .enum(makingKinds)
      .default('password')
      .meta({
        title: 'Kind',
        description: 'what to generate',
        meanings: kindMeanings,
        onlyWith: { category: withValues },
      }),
    length: z
      .int()
      .min(1)
      .max(1024)
      .optional()
      .meta({
        title: 'Length',
        description: 'characters of each value',
        onlyWith: { kind: valueKinds.filter((kind) => kind !== 'uuid') },
      }),
    alphabet: z
      .enum(alphabets)
      .optional()
      .meta({
        title: 'Alphabet',
        description: 'characters of a password',
        onlyWith: { kind: ['password'] },
      }),
    comment: z
      .string()
      .min(1)
      .max(100)
      .optional()
      .meta({
        title: 'Comment',
        description: 'one word at the end of the public key, such as flux@home-ops',
        onlyWith: { kind: ['ssh'] },
      }),
    typed: z
      .array(PropertyName)
      .max(50)
      .default([])
      .meta({
        title: 'Brought by you',
        description: 'more properties, whose values only you have',
        onlyWith: { category: withValues },
      }),
    user: z
      .string()
      .min(1)
      .max(64)
      .optional()
      .meta({
        title: 'User',
        description: 'who logs in; admin unless told',
        onlyWith: { kind: ['htpasswd'] },
      }),
    reason: reasonGiven('why, for who reviews it'),
  }),
  words: ['target', 'properties'],
  async handler(context, { target, properties, category, dns, reason, ...asked }) {
    const request: NewSecretRequest = {
      target,
      category,
      makings: [...makingsOf(properties, asked)],
      dnsNames: dns,
      ...(reason === undefined ? {} : { reason }),
    };
    const secret = addsTo(context, request);
    if (secret !== undefined) return add(context, request, secret);
    try {
      if (namesBrought(request.makings).length > 0) return await askForValues(context, request);
      return answered(await startProposal(context, await planNewSecret(context, request)));
    } catch (error) {
      if (category !== 'bootstrap' || !isFault(error, 'manifest-exists')) throw error;
      // A file of that name may be there: then a person changes it.
      const edit = await planEdit(context, { target, properties: namesMade(request.makings), reason });
      if (edit === undefined) throw error;
      return answered(await startProposal(context, edit));
    }
  },
});

/** To what is there: its values come after the merge, and where Git has all of it already they come now. */
async function add(
  context: CommandContext,
  request: NewSecretRequest,
  secret: ExternalSecret,
): Promise<Answer> {
  const state = await planAddition(context, request, secret);
  const start = state.files.length === 0 ? startLanding : startProposal;
  return answered(await start(context, state));
}

function answered(shown: Card | undefined): Answer {
  return shown === undefined ? {} : { shown };
}
