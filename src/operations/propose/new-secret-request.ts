import { z } from 'zod';
import { categories } from '../../core/ports/manifests.ts';
import { Making } from '../../core/proposal/making.ts';

/**
 * What is asked for with `secret new`, without a value. While a person brings one it is kept with the request for it, and
 * read back with this schema: whoever may write Leases can forge one.
 */
export const NewSecretRequest = z.strictObject({
  /** `media/jellyfin` */
  target: z.string(),
  category: z.enum(categories),
  makings: z.array(Making).max(50),
  dnsNames: z.array(z.string()),
  reason: z.string().optional(),
});
export type NewSecretRequest = z.infer<typeof NewSecretRequest>;
