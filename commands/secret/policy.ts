import { z } from 'zod';
import { defineCommand } from '../../src/core/command.ts';
import { onePath } from '../../src/core/find-secrets.ts';
import { natures } from '../../src/core/nature.ts';
import { secretProperties, secretTarget } from '../../src/core/targets.ts';
import { rememberNature } from '../../src/operations/rotate/remember-nature.ts';

/** Remembers where else properties of a secret live; what `rotate` asks before it changes one. */
export const policy = defineCommand({
  name: 'secret policy',
  summary: 'Remember where else a property lives, which decides how it can be rotated',
  details:
    'self-contained: Vault is its only place. two-sided: a database or an API has it too. external: somebody gave it to us.',
  examples: ['secret policy home/paperless db-password --nature two-sided'],
  may: 'policy',
  effect: 'read',
  whileFrozen: 'stopped',
  args: z.object({
    target: secretTarget(),
    properties: secretProperties().min(1),
    nature: z.enum(natures).meta({ title: 'Nature', description: 'where else it lives' }),
  }),
  words: ['target', 'properties'],
  async handler(context, { target, properties, nature }) {
    const secret = context.secrets.find(target, 'policy', properties);
    const path = onePath(secret, context.vault.mount);
    const existing = await context.vault.properties(path, context.call);
    const unknown = properties.filter((name) => !existing.includes(name));
    await rememberNature(context, secret, { path, properties: properties.map((name) => ({ name })) }, nature);
    return {
      card: {
        state: unknown.length === 0 ? 'success' : 'warning',
        title: `${properties.join(', ')} of ${secret.name}: ${nature}, remembered with ${context.vault.mount}/${path}`,
        lines: [
          ...(unknown.length === 0
            ? []
            : [`The current version has no ${unknown.join(', ')}; it has ${existing.join(', ')}.`]),
          nature === 'self-contained'
            ? 'It can be rotated with one command.'
            : 'It will not be rotated by one command, since changing only Vault would lock its users out.',
        ],
        actions:
          nature === 'self-contained'
            ? [{ label: 'Rotate', command: `secret rotate ${secret.name} ${properties.join(' ')}` }]
            : [],
      },
    };
  },
});
