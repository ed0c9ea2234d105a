import { z } from 'zod';
import { PropertyName } from '../../core/names.ts';
import { versionFields } from '../version/state.ts';

/** All that setting a value has to remember; the value is not among it. */
export const SetState = z.strictObject({
  ...versionFields,
  properties: z.array(z.strictObject({ name: PropertyName })),
  /** What the person should know of these properties, in words. */
  warnings: z.array(z.string()),
});
export type SetState = z.infer<typeof SetState>;

/** The same where a person writes it with Vault's own program while this waits. */
export const SetByHandState = z.strictObject({
  ...SetState.shape,
  /** What they are to type. */
  command: z.string(),
  /** ISO 8601 */
  until: z.iso.datetime(),
  /** Identity of the lock, taken when there is something to do. */
  lock: z.string(),
});
export type SetByHandState = z.infer<typeof SetByHandState>;
