import { ChatelaineError, isFault } from '../../core/errors.ts';
import { defineOperation, type Work } from '../../core/operation.ts';
import { restartConsumers } from '../delivery/restart-consumers.ts';
import { syncReaders } from '../delivery/sync-readers.ts';
import { prepare, prove } from '../version/prove.ts';
import { recordVersion } from '../version/record-version.ts';
import { subjectOf, touchesOf } from '../version/state.ts';
import { isSettled } from '../version/write-version.ts';
import { setByHandCard } from './card.ts';
import { check } from './set.ts';
import { SetByHandState } from './state.ts';

/** Milliseconds between two looks at the version. */
const pollMs = 5_000;
/** Milliseconds that other work on the same path is waited for. */
const lockWithin = 15 * 60_000;

/**
 * Waits for a version that somebody writes with Vault's own program, without a lock; then delivers and proves it.
 * The lock is taken when there is something to do.
 */
export const setByHand = defineOperation({
  kind: 'set-by-hand',
  state: SetByHandState,
  card: setByHandCard,
  check,
  touches: touchesOf,
  steps: [
    { name: 'wait', run: awaitVersion },
    { name: 'lock', run: lock },
    { name: 'prepare', run: prepare },
    { name: 'record', run: (work) => recordVersion(work) },
    { name: 'sync', run: syncReaders },
    { name: 'restart', run: restartConsumers },
    { name: 'prove', run: prove },
  ],
});

/** Safe to run again: the version that it waits for is one above the saved one. A Vault that is away is waited for. */
async function awaitVersion(work: Work<SetByHandState>): Promise<void> {
  const { before, path, write, until } = work.state;
  if (isSettled(write)) return;
  for (;;) {
    const version = await currentVersion(work);
    if (version !== undefined && version > before) {
      await work.save({ write: { state: 'unknown', version } });
      return;
    }
    const left = Date.parse(until) - work.clock.now();
    if (left <= 0) break;
    await work.clock.sleep(Math.min(pollMs, left), work.call.signal);
  }
  throw new ChatelaineError({
    code: 'deadline-passed',
    doing: `waiting for a new version of ${work.state.mount}/${path}`,
    wrong: `nobody wrote ${subjectOf(work.state)}`,
    state: `Vault had v${before} when last seen. Nothing changed.`,
    next: `Ask again when you have the value: /secret set ${work.state.target}`,
  });
}

async function currentVersion(work: Work<SetByHandState>): Promise<number | undefined> {
  try {
    return (await work.vault.metadata(work.state.path, work.within(10_000))).currentVersion;
  } catch (error) {
    if (work.call.signal.aborted || !isFault(error)) throw error;
    return undefined;
  }
}

/** Other work on the path goes first; what is here to do can wait for it. */
async function lock(work: Work<SetByHandState>): Promise<void> {
  const { lock: key, target } = work.state;
  const until = work.clock.monotonic() + lockWithin;
  for (;;) {
    try {
      await work.lock([{ key, what: `delivering what was written of ${target}` }]);
      return;
    } catch (error) {
      if (!isFault(error, 'already-at-work') || work.clock.monotonic() > until) throw error;
    }
    await work.clock.sleep(pollMs, work.call.signal);
  }
}
