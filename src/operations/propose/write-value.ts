import { ChatelaineError, isFault } from '../../core/errors.ts';
import type { Random } from '../../core/generate.ts';
import type { PropertyName, VaultPath } from '../../core/names.ts';
import type { Work } from '../../core/operation.ts';
import type { SecretValues } from '../../core/ports/vault.ts';
import { type Made, makeValues, namesBrought, namesMade } from '../../core/proposal/making.ts';
import { endOfWrite, type ValuesInHand } from '../set/values-in-hand.ts';
import { outlastElection } from '../version/outlast-election.ts';
import { isSettled } from '../version/write-version.ts';
import { assertNothingLeaks } from './leaving-texts.ts';
import type { ProposeState } from './state.ts';
import { withKeys } from './with-keys.ts';

/** Tries after answers that were lost. */
const mostTries = 3;

/**
 * Writes the values of a new path, after they were looked for in everything that is about to be proposed. Those that are
 * generated live in this function only, those that a person brought in this replica until it returns.
 */
export async function writeValue(
  work: Work<ProposeState>,
  { hand, random }: { readonly hand: ValuesInHand; readonly random: Random },
): Promise<void> {
  const { path, write, makings, story } = work.state;
  // Of what is there already nothing is written before the merge.
  if (story.change !== 'new') return;
  if (path === undefined || isSettled(write)) return;
  const brought = hand.of(work.id);
  if (brought === undefined && namesBrought(makings).length > 0) return afterDeath(work, path);
  try {
    const made = await makeValues(makings, random, brought);
    assertNothingLeaks(work.state, made, work.gitops?.labels ?? []);
    hand.end(work.id, { state: 'written', version: await writeMade(work, path, made) });
  } catch (error) {
    hand.end(work.id, endOfWrite(work.state.write, error));
    throw error;
  }
}

/**
 * A crash or a lost answer leaves it open whether the path was made: then its names are compared, and values of our own
 * are written over it as the next version, so that what goes live is ours for certain. Returns the version.
 */
async function writeMade(
  work: Work<ProposeState>,
  path: VaultPath,
  { values, shown }: Made,
): Promise<number> {
  const started = work.clock.monotonic();
  for (let tries = 0; tries < mostTries; tries += 1) {
    const version = await tryToWrite(work, path, values);
    if (version === undefined) continue;
    const { story } = work.state;
    const words = `Vault wrote v${version} of ${story.where ?? path}`;
    await work.save({
      write: { state: 'written', version, tookMs: Math.round(work.clock.monotonic() - started) },
      story: { ...withKeys(story, shown), version, written: { state: 'done', words } },
    });
    return version;
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
  const before = doubtful ? await versionOfOurs(work, path, [...values.keys()]) : 0;
  try {
    const { version } = await outlastElection(work, 'write', () =>
      before === 0
        ? work.vault.create(path, values, work.call)
        : work.vault.patch(path, values, before, work.call),
    );
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
  work: Work<ProposeState>,
  path: VaultPath,
  wanted: readonly PropertyName[],
): Promise<number> {
  const { vault, call } = work;
  try {
    const { currentVersion } = await outlastElection(work, 'read', () => vault.metadata(path, call));
    const names = await vault.properties(path, call);
    if (names.join() === wanted.toSorted().join()) return currentVersion;
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

/** The replica that was given the values is gone, and they with it: what Vault has now is all that can be told. */
async function afterDeath(work: Work<ProposeState>, path: VaultPath): Promise<void> {
  const { write, story, makings } = work.state;
  if (write.state === 'intended') {
    const version = await versionOfOurs(work, path, namesMade(makings));
    if (version > 0) {
      const words = `${work.vault.mount}/${path} is v${version}: ours or another’s, since a replica stopped while it wrote`;
      // Without a version in the story nothing of it is ever taken back: it may be somebody else's.
      await work.save({
        write: { state: 'unknown', version },
        story: { ...story, written: { state: 'unsure', words } },
      });
      return;
    }
    await work.save({ write: { state: 'waiting' } });
  }
  throw new ChatelaineError({
    code: 'vault-no-answer',
    doing: `writing ${story.where ?? path}`,
    wrong: 'the replica that was given the value stopped before Vault had it',
    state: 'Nothing was written and nothing was proposed. The value is kept nowhere.',
    next: 'Ask again, and give it once more.',
  });
}
