import { z } from 'zod';
import type { Card } from '../../src/core/card.ts';
import { type CommandContext, defineCommand } from '../../src/core/command.ts';
import type { Answer } from '../../src/core/dispatcher.ts';
import { type ChatelaineError, isFault } from '../../src/core/errors.ts';
import { findEither } from '../../src/core/find-certificate.ts';
import { type Nature, natures } from '../../src/core/nature.ts';
import { alphabets, valueKinds } from '../../src/core/recipe.ts';
import type { Secret } from '../../src/core/secrets.ts';
import { reasonGiven, secretProperties, secretTarget } from '../../src/core/targets.ts';
import { planRotation } from '../../src/operations/rotate/plan-rotation.ts';
import { rememberNature } from '../../src/operations/rotate/remember-nature.ts';
import { renewCertificate } from './certificate/renew-certificate.ts';

const args = z.object({
  target: secretTarget(),
  properties: secretProperties().default([]),
  kind: z
    .enum(valueKinds)
    .optional()
    .meta({ title: 'Kind', description: 'what to generate; otherwise the form it had' }),
  length: z
    .int()
    .min(1)
    .max(1024)
    .optional()
    .meta({ title: 'Length', description: 'characters of the new value' }),
  alphabet: z.enum(alphabets).optional().meta({ title: 'Alphabet', description: 'characters of a password' }),
  restart: z.boolean().optional().meta({
    title: 'Restart',
    description: 'restart all workloads, or none; otherwise those that would not see the new value',
  }),
  reason: reasonGiven(),
  nature: z.enum(natures).optional().meta({
    title: 'Nature',
    description: 'where else the property lives, where that is not known yet; it is remembered',
  }),
});

/** New values, written without reading the old ones, and proven in the cluster. */
export const rotate = defineCommand({
  name: 'secret rotate',
  summary: 'Generate new values, write them to Vault, and prove them live in the cluster',
  details:
    'First shows who will be touched, then does it. Siblings of the properties are neither read nor changed. A certificate is issued again by cert-manager, and proven by its next revision.',
  examples: [
    'secret rotate media/jellyfin api-key',
    'secret rotate jellyfin --kind hex --length 64 --reason "laptop lost"',
    'secret rotate network/envoy-gateway',
  ],
  may: 'rotate',
  effect: 'write',
  args,
  words: ['target', 'properties'],
  async handler(context, { target, properties, restart, reason, nature, ...asked }) {
    const find = (): Secret => context.secrets.find(target, 'rotate', properties);
    const found = await findEither(context, target, 'rotate', find);
    if ('certificate' in found) {
      const senseless = [...properties, ...Object.keys(withoutAbsent({ ...asked, restart, nature }))];
      return renewCertificate(context, found.certificate, { reason, senseless });
    }
    const { secret } = found;
    try {
      const state = await planRotation(context, {
        secret,
        properties,
        asked: withoutAbsent(asked),
        mode: restart === undefined ? 'needed' : restart ? 'all' : 'none',
        ...(reason === undefined ? {} : { reason }),
        ...(nature === undefined ? {} : { nature }),
      });
      if (nature !== undefined) await rememberNature(context, secret, state, nature);
      return await start(context, state);
    } catch (error) {
      if (isFault(error, 'nature-unknown')) return { card: askNature(secret, error, properties) };
      throw error;
    }
  },
});

function withoutAbsent<T extends object>(given: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: NonNullable<T[Key]>;
  };
}

async function start(
  context: CommandContext,
  state: Awaited<ReturnType<typeof planRotation>>,
): Promise<Answer> {
  const { vault, actor, requestId, place } = context;
  const shown = await context.operations.start({
    id: requestId,
    kind: 'rotate',
    state,
    actor,
    requestId,
    place,
    locks: [{ key: `${vault.identity}/${state.path}`, what: `rotating ${state.target}` }],
  });
  return shown === undefined ? {} : { shown };
}

const natureLabels: Record<Nature, string> = {
  'self-contained': 'Only Vault has it',
  'two-sided': 'A database or an API has it too',
  external: 'Somebody gave it to us',
};

/** Asked once: the answer is a command like any other, and is remembered. */
function askNature(secret: Secret, fault: ChatelaineError, properties: readonly string[]): Card {
  const unknown = fault.candidates ?? properties;
  const command = `secret rotate ${secret.name} ${properties.length > 0 ? properties.join(' ') : unknown.join(' ')}`;
  return {
    state: 'info',
    title: `Before ${secret.name} is rotated: where else does ${unknown.join(', ')} live?`,
    lines: [
      'Changing only Vault is right where Vault is the only place. Where a database or an API has the value too, it would lock the app out.',
      'Nothing changed yet. The answer is remembered with the secret.',
    ],
    actions: natures.map((nature) => ({
      label: nature === 'self-contained' ? `${natureLabels[nature]}: rotate` : natureLabels[nature],
      command:
        nature === 'self-contained'
          ? `${command} --nature ${nature}`
          : `secret policy ${secret.name} ${unknown.join(' ')} --nature ${nature}`,
      ...(nature === 'self-contained' ? { style: 'primary' as const } : {}),
    })),
  };
}
