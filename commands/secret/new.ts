import { z } from 'zod';
import { defineCommand } from '../../src/core/command.ts';
import { ChatelaineError } from '../../src/core/errors.ts';
import { PropertyName } from '../../src/core/names.ts';
import { type Category, categories } from '../../src/core/ports/manifests.ts';
import { type MakingKind, makingKinds, makingsOf, namesBrought } from '../../src/core/proposal/making.ts';
import { alphabets, valueKinds } from '../../src/core/recipe.ts';
import { reasonGiven } from '../../src/core/targets.ts';
import type { NewSecretRequest } from '../../src/operations/propose/new-secret-request.ts';
import { addsTo, planAddition } from '../../src/operations/propose/plan-change.ts';
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
    'application and infrastructure: values in Vault, and an ExternalSecret that reads them. certificate: a Certificate of cert-manager. A second person approves it on the Git host. For an ExternalSecret that is there the properties are added to it, and generated after the merge.',
  examples: [
    'secret new media/jellyfin api-key --category application',
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
    if (namesBrought(request.makings).length > 0) {
      if (secret !== undefined) throw notBrought(request.target);
      return askForValues(context, request);
    }
    const state = await (secret === undefined
      ? planNewSecret(context, request)
      : planAddition(context, request, secret));
    const shown = await startProposal(context, state);
    return shown === undefined ? {} : { shown };
  },
});

/** What is there already is written after the merge only, and who brought a value could be asked for it days ago. */
function notBrought(target: string): ChatelaineError {
  return new ChatelaineError({
    code: 'bad-argument',
    doing: `planning another property for ${target}`,
    wrong: 'a value of your own can be brought for a new secret, or for a property that is there',
    state: 'Nothing changed.',
    next: 'Propose the property with a generated value, and bring yours with /secret set after the merge.',
  });
}
