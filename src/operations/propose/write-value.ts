import { checkLeaks } from '../../core/check-leaks.ts';
import { ChatelaineError, isFault } from '../../core/errors.ts';
import type { Random } from '../../core/generate.ts';
import type { VaultPath } from '../../core/names.ts';
import type { Work } from '../../core/operation.ts';
import type { SecretValues } from '../../core/ports/vault.ts';
import { makeValues } from '../../core/proposal/making.ts';
import { leavingTexts } from './leaving-texts.ts';
import type { ProposeState } from './state.ts';
import { withKeys } from './with-keys.ts';

/** Tries after answers that were lost. */
const mostTries = 3;

/**
 * Writes the values of a new path, after they were looked for in everything that is about to be proposed. They live in
 * this function only. A crash or a lost answer leaves it open whether the path was made: then its names are compared,
 * and values of our own are written over it as the next version, so that what goes live is ours for certain.
 */
export async function writeValue(work: Work<ProposeState>, random: Random): Promise<void> {
  const { path, write, makings, story: planned } = work.state;
  // Of what is there already nothing is written before the merge.
  if (planned.change !== 'new') return;
  if (path === undefined || write.state === 'written') return;
  const started = work.clock.monotonic();
  const { values, sought, shown } = await makeValues(makings, random);
  checkLeaks(sought, leavingTexts(work.state, work.gitops?.labels ?? []));
  for (let tries = 0; tries < mostTries; tries += 1) {
    const version = await tryToWrite(work, path, values);
    if (version === undefined) continue;
    const { story } = work.state;
    const words = `Vault wrote v${version} of ${story.where ?? path}`;
    await work.save({
      write: { state: 'written', version, tookMs: Math.round(work.clock.monotonic() - started) },
      story: { ...withKeys(story, shown), version, written: { state: 'done', words } },
    });
    return;
  }
  throw new ChatelaineError({
    code: 'vault-no-answer',
    doing: `writing ${work.state.story.where ?? path}`,
    wrong: `Vault took ${mostTries} requests and answered none`,
    state: 'A first version may have been written, or not. Nothing was proposed.',
    next: 'Look at /vault status, then ask again: what is found at the path is told before anything is written.',
  });
}

/** Returns nothing when no answer came. */
async function tryToWrite(
  work: Work<ProposeState>,
  path: VaultPath,
  values: SecretValues,
): Promise<number | undefined> {
  const doubtful = work.state.write.state === 'intended';
  const { story } = work.state;
  const written = { state: 'working' as const, words: `writing ${story.where ?? path}` };
  // The intent is saved before the effect; when this returns, this replica was still the one at work.
  await work.save({
    write: { state: 'intended', ...(doubtful ? { doubtful } : {}) },
    story: { ...story, written },
  });
  const before = doubtful ? await versionOfOurs(work, path, values) : 0;
  try {
    const { version } =
      before === 0
        ? await work.vault.create(path, values, work.call)
        : await work.vault.patch(path, values, before, work.call);
    return version;
  } catch (error) {
    return afterRefusal(work, error, doubtful);
  }
}

/** Nothing where it is to be looked at again: no answer came, or a request before may have been the one in the way. */
function afterRefusal(work: Work<ProposeState>, error: unknown, doubtful: boolean): undefined {
  if (isFault(error, 'vault-no-answer')) return undefined;
  if (doubtful && isFault(error, 'vault-conflict')) return undefined;
  // The only request that was ever sent was refused: now it is known that nothing was written.
  if (!doubtful && isFault(error)) work.show({ write: { state: 'waiting' } });
  throw error;
}

/** The version that a request before may have made; 0 where there is none. Throws where it is somebody else's. */
async function versionOfOurs(
  { vault, call }: Work<ProposeState>,
  path: VaultPath,
  values: SecretValues,
): Promise<number> {
  try {
    const { currentVersion } = await vault.metadata(path, call);
    const names = await vault.properties(path, call);
    if (names.join() === [...values.keys()].toSorted().join()) return currentVersion;
  } catch (error) {
    if (isFault(error, 'vault-missing')) return 0;
    throw error;
  }
  throw new ChatelaineError({
    code: 'vault-conflict',
    doing: `writing ${vault.mount}/${path} for the first time`,
    wrong: 'somebody else wrote to it meanwhile, with other properties',
    state: 'Nothing of theirs was changed, and nothing was proposed.',
    next: 'Look at who wrote it, then choose another name or add to theirs.',
  });
}
