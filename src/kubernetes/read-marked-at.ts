import { z } from 'zod';

const Managed = z.object({
  metadata: z.object({
    managedFields: z
      .array(
        z.object({ manager: z.string(), time: z.string().optional(), subresource: z.string().optional() }),
      )
      .optional(),
  }),
});

/** When the API server took our mark, by its own clock, in whole seconds: it keeps that for each field manager. */
export function markedAtOf(object: unknown): number | undefined {
  const fields = Managed.safeParse(object).data?.metadata.managedFields ?? [];
  const ours = fields.find(({ manager, subresource }) => manager === 'chatelaine' && !subresource);
  const at = Date.parse(ours?.time ?? '');
  return Number.isNaN(at) ? undefined : at;
}
