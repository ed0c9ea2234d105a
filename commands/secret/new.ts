import { z } from 'zod';
import { defineCommand } from '../../src/core/command.ts';
import { PropertyName } from '../../src/core/names.ts';
import { categories } from '../../src/core/ports/manifests.ts';
import { alphabets, recipeOf, valueKinds } from '../../src/core/recipe.ts';
import { planNewSecret } from '../../src/operations/propose/plan-proposal.ts';

/** A new secret: its values to Vault, and what reads them to Git, where a second person approves it. */
export const newSecret = defineCommand({
  name: 'secret new',
  summary:
    'Propose a new secret in Git, with generated values, and bring it into the cluster after the merge',
  details:
    'application and infrastructure: values in Vault, and an ExternalSecret that reads them. certificate: a Certificate of cert-manager. A second person approves it on the Git host.',
  examples: [
    'secret new media/jellyfin api-key --category application',
    'secret new network/web --category certificate --dns web.example.org',
  ],
  may: 'propose',
  effect: 'write',
  args: z.object({
    target: z
      .string()
      .min(3)
      .max(320)
      .meta({ title: 'Name', description: 'namespace/name of what is to be made' }),
    properties: z
      .array(PropertyName)
      .max(50)
      .default([])
      .meta({ title: 'Properties', description: 'their names' }),
    category: z.enum(categories).default('application').meta({
      title: 'Category',
      description:
        'application and infrastructure live in Vault, a certificate with cert-manager, bootstrap encrypted in Git',
    }),
    kind: z
      .enum(valueKinds)
      .optional()
      .meta({ title: 'Kind', description: 'what to generate; a password unless told' }),
    length: z
      .int()
      .min(1)
      .max(1024)
      .optional()
      .meta({ title: 'Length', description: 'characters of each value' }),
    alphabet: z
      .enum(alphabets)
      .optional()
      .meta({ title: 'Alphabet', description: 'characters of a password' }),
    dns: z
      .array(z.string().min(1).max(253))
      .max(50)
      .default([])
      .meta({ title: 'DNS names', description: 'of a certificate' }),
    reason: z
      .string()
      .min(1)
      .max(300)
      .optional()
      .meta({ title: 'Reason', description: 'why, for who reviews it' }),
  }),
  words: ['target', 'properties'],
  async handler(context, { target, properties, category, dns, reason, kind, length, alphabet }) {
    const recipe = recipeOf({
      ...(kind === undefined ? {} : { kind }),
      ...(length === undefined ? {} : { length }),
      ...(alphabet === undefined ? {} : { alphabet }),
    });
    const state = await planNewSecret(context, {
      target,
      properties,
      category,
      recipe,
      dnsNames: dns,
      ...(reason === undefined ? {} : { reason }),
    });
    const { actor, requestId, place, vault } = context;
    const key = state.path === undefined ? `git/${state.object.path}` : `${vault.identity}/${state.path}`;
    const shown = await context.operations.start({
      id: requestId,
      kind: 'propose',
      state,
      actor,
      requestId,
      place,
      locks: [{ key, what: `proposing ${state.story.target}` }],
    });
    return shown === undefined ? {} : { shown };
  },
});
