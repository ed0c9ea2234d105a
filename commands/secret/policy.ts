import { z } from 'zod';
import type { Text } from '../../src/core/card.ts';
import { type CommandContext, defineCommand } from '../../src/core/command.ts';
import { onePath } from '../../src/core/find-secrets.ts';
import type { PropertyName, VaultPath } from '../../src/core/names.ts';
import { type Nature, natures } from '../../src/core/nature.ts';
import { readDays, rememberEvery } from '../../src/core/rotation-policy.ts';
import { secretProperties, secretTarget } from '../../src/core/targets.ts';
import { rememberNature } from '../../src/operations/rotate/remember-nature.ts';

const args = z
  .object({
    target: secretTarget(),
    properties: secretProperties().default([]),
    nature: z.enum(natures).optional().meta({ title: 'Nature', description: 'where else it lives' }),
    every: z
      .string()
      .superRefine((text, context) => {
        if (text !== 'never' && readDays(text) === undefined)
          context.addIssue({ code: 'custom', message: 'must be days or weeks (90d, 12w), or never' });
      })
      .optional()
      .meta({
        title: 'Every',
        description:
          'how often it is to be rotated: 90d, 12w, or never; without properties the secret as a whole',
      }),
  })
  .superRefine(({ nature, every, properties }, context) => {
    const named = properties.length > 0;
    if (nature === undefined && every === undefined)
      context.addIssue({ code: 'custom', path: [named ? 'nature' : 'every'], message: 'is missing' });
    if (nature !== undefined && !named)
      context.addIssue({ code: 'custom', path: ['properties'], message: 'are missing' });
  });

/** Remembers where else properties of a secret live, and how often they are to be rotated. */
export const policy = defineCommand({
  name: 'secret policy',
  summary: 'Remember where else a property lives, or how often a secret is to be rotated',
  details:
    'self-contained: Vault is its only place. two-sided: a database or an API has it too. external: somebody gave it to us. ' +
    'What is overdue is in /secret list --overdue, and once a week in the channel of alerts.',
  examples: [
    'secret policy home/paperless db-password --nature two-sided',
    'secret policy media/jellyfin every 90d',
    'secret policy media/jellyfin api-key --every never',
  ],
  may: 'policy',
  effect: 'read',
  whileFrozen: 'stopped',
  args,
  words: ['target', 'properties'],
  spoken: ['every'],
  async handler(context, { target, properties, nature, every }) {
    const secret = context.secrets.find(target, 'policy', properties);
    const path = onePath(secret, context.vault.mount);
    const existing = await context.vault.properties(path, context.call);
    const unknown = properties.filter((name) => !existing.includes(name));
    if (nature !== undefined) {
      const named = properties.map((name) => ({ name }));
      await rememberNature(context, secret, { path, properties: named }, nature);
    }
    if (every !== undefined) await rememberDays(context, path, properties, every);
    const what = properties.length === 0 ? secret.name : `${properties.join(', ')} of ${secret.name}`;
    return {
      card: {
        state: unknown.length === 0 ? 'success' : 'warning',
        title: `${what}: ${describePolicy({ nature, every })}, remembered with ${context.vault.mount}/${path}`,
        lines: [
          ...(unknown.length === 0
            ? []
            : [
                `The current version has no ${unknown.join(', ')}; it has ${existing.join(', ')}.`,
                ...slipLine(secret.name, unknown, every),
              ]),
          ...natureLines(nature),
          ...everyLines(every),
        ],
        actions:
          nature === 'self-contained'
            ? [{ label: 'Rotate', command: `secret rotate ${secret.name} ${properties.join(' ')}` }]
            : [],
      },
    };
  },
});

async function rememberDays(
  { vault, call, rotations }: CommandContext,
  path: VaultPath,
  properties: readonly PropertyName[],
  every: string,
): Promise<void> {
  const { custom } = await vault.metadata(path, call);
  await vault.annotate(path, rememberEvery(custom, properties, readDays(every)), call);
  rotations.forget(path);
}

/** What was remembered for a name that was mistyped would be reminded of for ever. */
function slipLine(
  target: string,
  unknown: readonly PropertyName[],
  every: string | undefined,
): readonly Text[] {
  if (every === undefined || every === 'never') return [];
  return [['If that was a slip: ', { code: `/secret policy ${target} ${unknown.join(' ')} --every never` }]];
}

interface Said {
  readonly nature: Nature | undefined;
  readonly every: string | undefined;
}

function describePolicy({ nature, every }: Said): string {
  const often = every === 'never' ? 'without a rotation policy' : `to be rotated every ${every}`;
  return [...(nature === undefined ? [] : [nature]), ...(every === undefined ? [] : [often])].join(', ');
}

function everyLines(every: string | undefined): readonly Text[] {
  return every === undefined || every === 'never'
    ? []
    : ['Nothing is rotated by itself: what is overdue is listed.'];
}

function natureLines(nature: Nature | undefined): readonly Text[] {
  if (nature === undefined) return [];
  return [
    nature === 'self-contained'
      ? 'It can be rotated with one command.'
      : 'It will not be rotated by one command, since changing only Vault would lock its users out.',
  ];
}
