import type { VaultPath } from '../core/names.ts';
import type { Call } from '../core/ports/call.ts';
import { answerFault, missingFault } from './faults.ts';
import { apiPath } from './paths.ts';
import { asking, type Kv } from './read-secrets.ts';

/** Sets, or with null removes, keys of custom_metadata; the others stay. Throws vault-missing. Safe to repeat. */
export async function annotate(
  kv: Kv,
  path: VaultPath,
  entries: Readonly<Record<string, string | null>>,
  call: Call,
): Promise<void> {
  const asked = asking(kv, 'metadata', path, {
    doing: `noting facts about ${kv.mount}/${path}`,
    capability: 'patch',
    writes: true,
  });
  const json = { custom_metadata: entries };
  const answer = await kv.ask(
    asked,
    { method: 'PATCH', path: apiPath(kv.mount, 'metadata', path), json },
    call,
  );
  if (answer.status === 404) throw missingFault(asked, `${kv.mount}/${path}`);
  if (answer.status !== 204 && answer.status !== 200) throw answerFault(asked, answer);
}
