import { z } from 'zod';
import { PropertyName } from '../../core/names.ts';
import { alphabets, valueKinds } from '../../core/recipe.ts';
import { versionFields } from '../version/state.ts';

/** All that a rotation has to remember: how its values are made, but none of them. */
export const RotateState = z.strictObject({
  ...versionFields,
  properties: z.array(
    z.strictObject({
      name: PropertyName,
      recipe: z.strictObject({ kind: z.enum(valueKinds), length: z.int(), alphabet: z.enum(alphabets) }),
    }),
  ),
});
export type RotateState = z.infer<typeof RotateState>;
