import { ChatelaineError, isFault } from '../../core/errors.ts';
import type { Work } from '../../core/operation.ts';
import type { SecretValues } from '../../core/ports/vault.ts';
import { outlastElection } from './outlast-election.ts';
import type { VersionState, WriteProgress } from './state.ts';
import { whoWasFirst } from './who-was-first.ts';

/** Tries after answers that were lost; cas makes sure that only one of them can have worked. */
const mostTries = 3;

/**
 * Writes the new version by PATCH with check-and-set, so that siblings are never read and no write of somebody
 * else is lost. The values live here only: they are in no journal. `again` is the verb for asking once more.
 *
 * A version that appeared while an answer was lost, or while a replica died, is ours or another's: KV v2 keeps
 * no author, and a value that can't be read can't be compared. So it is reported as such, never guessed.
 */
export async function writeVersion(
  work: Work<VersionState>,
  values: SecretValues,
  again: string,
): Promise<void> {
  const { write, mount, path } = work.state;
  if (isSettled(write)) return;
  const started = work.clock.monotonic();
  for (let tries = 0; tries < mostTries; tries += 1) {
    const outcome = await tryToWrite(work, values, again);
    if (outcome === undefined) continue;
    await work.save({ write: { ...outcome, tookMs: Math.round(work.clock.monotonic() - started) } });
    return;
  }
  throw new ChatelaineError({
    code: 'vault-no-answer',
    doing: `writing ${mount}/${path}`,
    wrong: `Vault took ${mostTries} requests and answered none`,
    state: 'A new version may have been written, or not.',
    next: 'Look at /vault status and at the version in /secret status before you ask again.',
  });
}

/** Returns nothing when no answer came. A request may have worked without its answer: then this looks before it asks again. */
async function tryToWrite(
  work: Work<VersionState>,
  values: SecretValues,
  again: string,
): Promise<Pick<WriteProgress, 'state' | 'version'> | undefined> {
  const { write, before, path } = work.state;
  const doubtful = write.state === 'intended';
  // The intent is saved before the effect; when this returns, this replica was still the one at work.
  await work.save({ write: { state: 'intended', ...(doubtful ? { doubtful } : {}) } });
  if (doubtful) {
    const { currentVersion } = await outlastElection(work, 'read', () =>
      work.vault.metadata(path, work.call),
    );
    if (currentVersion > before) return { state: 'unknown', version: currentVersion };
  }
  try {
    const { version } = await outlastElection(work, 'write', () =>
      work.vault.patch(path, values, before, work.call),
    );
    return { state: 'written', version };
  } catch (error) {
    if (isFault(error, 'vault-no-answer')) return undefined;
    if (doubtful) return afterDoubt(error);
    // The only request that was ever sent was refused: now it is known that nothing was written.
    if (isFault(error)) work.show({ write: { state: 'waiting' } });
    throw isFault(error, 'vault-conflict') ? await whoWasFirst(work, again) : error;
  }
}

/** A conflict may be with the request before: then it is looked at again. Throws what tells nothing of that one. */
function afterDoubt(error: unknown): undefined {
  if (!isFault(error, 'vault-conflict')) throw error;
}

/** Whether the write lies behind, whoever did it. */
export function isSettled({ state }: WriteProgress): boolean {
  return state === 'written' || state === 'unknown';
}
