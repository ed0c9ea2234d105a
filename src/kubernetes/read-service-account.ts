import { z } from 'zod';
import { listOf } from './lists.ts';

/** A ServiceAccount with the Secrets that its pods pull images by. */
export interface PullAccount {
  readonly namespace: string;
  readonly name: string;
  readonly pullSecrets: readonly string[];
}

const Manifest = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  imagePullSecrets: listOf(z.object({ name: z.string().optional() })),
});

/** Reads a ServiceAccount as the API server sent it. Throws a ZodError for what isn't one. */
export function readServiceAccount(object: unknown): PullAccount {
  const { metadata, imagePullSecrets } = Manifest.parse(object);
  const pullSecrets = imagePullSecrets.flatMap(({ name }) => name ?? []);
  return { ...metadata, pullSecrets };
}
