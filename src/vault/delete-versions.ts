import type { VaultPath } from '../core/names.ts';
import type { Call } from '../core/ports/call.ts';
import { answerFault } from './faults.ts';
import { apiPath } from './paths.ts';
import { asking, type Kv } from './read-secrets.ts';

/**
 * Marks versions as deleted; KV v2 keeps their data until they are destroyed or pushed out. Safe to repeat: it answers
 * 204 for versions that are deleted already, or were never there.
 */
export async function deleteVersions(
  kv: Kv,
  path: VaultPath,
  versions: readonly number[],
  call: Call,
): Promise<void> {
  const names = versions.map((version) => `v${version}`).join(', ');
  const asked = asking(kv, 'delete', path, {
    doing: `deleting ${names} of ${kv.mount}/${path}, so that it can be brought back`,
    capability: 'update',
    writes: true,
  });
  const request = { method: 'POST', path: apiPath(kv.mount, 'delete', path), json: { versions } } as const;
  const answer = await kv.ask(asked, request, call);
  if (answer.status !== 204 && answer.status !== 200) throw answerFault(asked, answer);
}
