import { ChatelaineError } from '../../core/errors.ts';
import { defineOperation, type Work } from '../../core/operation.ts';
import { restartConsumers } from '../delivery/restart-consumers.ts';
import { syncReaders } from '../delivery/sync-readers.ts';
import { lockPatiently } from '../lock-patiently.ts';
import { prepare, prove } from '../version/prove.ts';
import { recordVersion } from '../version/record-version.ts';
import { subjectOf, touchesOf } from '../version/state.ts';
import { isSettled } from '../version/write-version.ts';
import { awaitVersion } from './await-version.ts';
import { setByHandCard } from './card.ts';
import { check } from './set.ts';
import { SetByHandState } from './state.ts';

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
    { name: 'wait', run: wait },
    { name: 'lock', run: lock },
    { name: 'prepare', run: prepare },
    { name: 'record', run: (work) => recordVersion(work) },
    { name: 'sync', run: syncReaders },
    { name: 'restart', run: restartConsumers },
    { name: 'prove', run: prove },
  ],
});

/** Safe to run again: the version that it waits for is one above the saved one. */
async function wait(work: Work<SetByHandState>): Promise<void> {
  const { before, path, write, until, mount, target } = work.state;
  if (isSettled(write)) return;
  const version = await awaitVersion(work, { path, before, until });
  if (version !== undefined) return work.save({ write: { state: 'unknown', version } });
  throw new ChatelaineError({
    code: 'deadline-passed',
    doing: `waiting for a new version of ${mount}/${path}`,
    wrong: `nobody wrote ${subjectOf(work.state)}`,
    state: `Vault had v${before} when last seen. Nothing changed.`,
    next: `Ask again when you have the value: /secret set ${target}`,
  });
}

/** Other work on the path goes first; what is here to do can wait for it. */
function lock(work: Work<SetByHandState>): Promise<void> {
  const { lock: key, target } = work.state;
  return lockPatiently(work, { key, what: `delivering what was written of ${target}` }, lockWithin);
}
