import { verb } from '../../core/count.ts';
import { ChatelaineError, isFault } from '../../core/errors.ts';
import type { Random } from '../../core/generate.ts';
import type { PropertyName, VaultPath } from '../../core/names.ts';
import type { Work } from '../../core/operation.ts';
import type { Call } from '../../core/ports/call.ts';
import type { SecretValues } from '../../core/ports/vault.ts';
import { generatedOf, type Making, makeValues, namesBrought } from '../../core/proposal/making.ts';
import { namesMissing } from '../../core/proposal/names-missing.ts';
import type { Progress } from '../../core/proposal/story.ts';
import { lockPatiently } from '../lock-patiently.ts';
import { withKeys } from '../propose/with-keys.ts';
import { isSettled } from '../version/write-version.ts';
import { whileAway } from '../while-away.ts';
import type { LandState } from './state.ts';

/** Tries after answers that were lost, or writes of others that came between. */
const mostTries = 5;
/** Milliseconds that Vault may be away, and that another operation may be at the path, before it is told. */
const awayWithin = 10 * 60_000;

/**
 * Has what was approved for a path that is there in Vault: what a person brought is there by now, the rest is generated
 * and written by PATCH with check-and-set, so that siblings are neither read nor touched. The values live in this function
 * only. A crash or a lost answer leaves it open whether they were written: then they are written again, so that what goes
 * live is ours for certain.
 */
export async function writeAddition(work: Work<LandState>, random: Random): Promise<void> {
  const { story, path, makings = [], object, write = { state: 'waiting' } } = work.state;
  if (story.change !== 'add' || path === undefined || isSettled(write)) return;
  work.permissions.require(work.actor, 'propose', { namespace: object.namespace, path });
  const call = work.within(awayWithin);
  if (write.state === 'waiting') await seeBrought(work, path, call);
  const generated = generatedOf(makings);
  if (generated.length > 0) await writeGenerated(work, { path, generated, random }, call);
}

/** What was written is no success while something is missing beside it. */
function withMissing(
  written: Progress | undefined,
  missing: readonly PropertyName[] | undefined,
): Progress | undefined {
  if (missing === undefined || missing.length === 0) return written;
  const first = written === undefined ? '' : `${written.words}; `;
  return { state: 'failed', words: `${first}nobody brought ${missing.join(', ')}`.slice(0, 500) };
}

interface Wanted {
  readonly path: VaultPath;
  readonly generated: readonly Making[];
  readonly random: Random;
}

async function writeGenerated(
  work: Work<LandState>,
  { path, generated, random }: Wanted,
  call: Call,
): Promise<void> {
  const { story } = work.state;
  // Whoever rotates a sibling comes first.
  const what = `writing what was approved for ${story.target}`;
  await lockPatiently(work, { key: `${work.vault.identity}/${path}`, what }, awayWithin);
  const { values, shown } = await makeValues(generated, random);
  for (let tries = 0; tries < mostTries; tries += 1) {
    const version = await whileAway(work.clock, call, () => tryToWrite(work, { path, values }, call));
    if (version === undefined) continue;
    const words = `Vault wrote v${version} of ${story.where ?? path}`;
    const written = withMissing({ state: 'done', words }, work.state.missing);
    await work.save({
      write: { state: 'written', version },
      story: { ...withKeys(work.state.story, shown), version, written },
    });
    return;
  }
  throw new ChatelaineError({
    code: 'vault-no-answer',
    doing: `writing ${story.where ?? path}`,
    wrong: `Vault took ${mostTries} requests, and none of them is known to be done`,
    state: 'It is merged; a value may have been written, or not.',
    next: `Look at /secret status ${story.target}, and at /vault status.`,
  });
}

/** Says which version holds what a person brought. Without any of it the work goes on, and shows what comes of that. */
async function seeBrought(work: Work<LandState>, path: VaultPath, call: Call): Promise<void> {
  const { story, makings = [] } = work.state;
  const names = namesBrought(makings);
  if (names.length === 0) return;
  const { vault, clock } = work;
  const missing = (await whileAway(clock, call, () => namesMissing(vault, { path, names }, call))) ?? names;
  if (missing.length > 0) {
    return work.save({
      missing: [...missing],
      story: { ...story, written: withMissing(undefined, missing) },
    });
  }
  const { currentVersion: version } = await whileAway(clock, call, () => vault.metadata(path, call));
  const words =
    `${names.join(', ')} ${verb(names.length, 'was', 'were')} brought: ${story.where ?? path} is v${version}`.slice(
      0,
      500,
    );
  const write = generatedOf(makings).length === 0 ? { write: { state: 'unknown' as const, version } } : {};
  await work.save({ ...write, missing: [], story: { ...story, version, written: { state: 'done', words } } });
}

/** Returns nothing where it is to be tried again: no answer came, or somebody else wrote in between. */
async function tryToWrite(
  work: Work<LandState>,
  { path, values }: { readonly path: VaultPath; readonly values: SecretValues },
  call: Call,
): Promise<number | undefined> {
  const doubtful = work.state.write?.state === 'intended';
  const { currentVersion } = await work.vault.metadata(path, call);
  const there = await work.vault.properties(path, call);
  const taken = [...values.keys()].filter((name) => there.includes(name));
  if (taken.length > 0 && !doubtful) throw takenMeanwhile(work.state, taken);
  const words = `writing ${work.state.story.where ?? path}`;
  // The intent is saved before the effect; when this returns, this replica was still the one at work.
  await work.save({
    write: { state: 'intended', ...(doubtful ? { doubtful } : {}) },
    story: { ...work.state.story, written: { state: 'working', words } },
  });
  try {
    return (await work.vault.patch(path, values, currentVersion, call)).version;
  } catch (error) {
    return afterRefusal(work, error, doubtful);
  }
}

/** Nothing where it is to be tried again. */
async function afterRefusal(work: Work<LandState>, error: unknown, doubtful: boolean): Promise<undefined> {
  if (isFault(error, 'vault-no-answer')) return undefined;
  // The only request that was ever sent was refused: now it is known that nothing was written.
  if (isFault(error) && !doubtful) await work.save({ write: { state: 'waiting' } });
  if (isFault(error, 'vault-conflict')) return undefined;
  throw error;
}

function takenMeanwhile({ story, path }: LandState, taken: readonly string[]): ChatelaineError {
  return new ChatelaineError({
    code: 'vault-conflict',
    doing: `writing ${story.where ?? path}`,
    wrong: 'somebody else has written there what was to be added',
    state: `It is merged, and reads ${taken.join(', ')} as it stands there. Nothing was written over it.`,
    next: `Look at who wrote it with /secret history ${story.target}; /secret rotate gives it a new value.`,
  });
}
