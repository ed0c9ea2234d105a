import { z } from 'zod';

/** Where a secret is: read when it is needed, and never in the file itself. */
export const secretSource = z
  .union(
    [
      z.strictObject({ file: z.string().min(1) }),
      z.strictObject({ env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is not a variable name') }),
    ],
    { error: 'must be `file: /path` or `env: NAME`, and never the secret itself' },
  )
  .meta({ description: 'where the secret is: `file: /path` or `env: NAME`. Never the secret itself.' });
export type SecretSource = z.infer<typeof secretSource>;

/** Threat: a name and password in a URL, which is logged and shown where secrets never are. */
export const url = z
  .url({ protocol: /^https?$/, error: 'must be a URL that begins with http:// or https://' })
  .refine((text) => !text.includes('@'), 'must not have a name or password in it');
