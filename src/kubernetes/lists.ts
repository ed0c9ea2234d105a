import { z } from 'zod';

/** A list that may be absent or null, as Go writes an empty one; what is in it must be right. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);
}
