import { ChatelaineError } from '../../core/errors.ts';
import { Namespace } from '../../core/names.ts';
import { defineOperation, type Operation, type Work } from '../../core/operation.ts';
import { restartConsumers } from '../delivery/restart-consumers.ts';
import { syncReaders } from '../delivery/sync-readers.ts';
import { prepare, prove } from '../version/prove.ts';
import { recordVersion } from '../version/record-version.ts';
import { subjectOf, touchesOf } from '../version/state.ts';
import { isSettled, writeVersion } from '../version/write-version.ts';
import { setCard } from './card.ts';
import { SetState } from './state.ts';
import { endOfWrite, type ValuesInHand } from './values-in-hand.ts';

/** Values that a person brought, delivered to everybody who reads the path through External Secrets. */
export function setOperation(hand: ValuesInHand): Operation {
  return defineOperation({
    kind: 'set',
    state: SetState,
    card: setCard,
    check,
    touches: touchesOf,
    notBegun: ({ write }) => write.state === 'waiting',
    steps: [
      { name: 'prepare', run: prepare },
      { name: 'write', run: (work) => write(work, hand) },
      { name: 'record', run: (work) => recordVersion(work) },
      { name: 'sync', run: syncReaders },
      { name: 'restart', run: restartConsumers },
      { name: 'prove', run: prove },
    ],
  });
}

/** One grant has to cover both: the namespace that it was asked for in, and the path. */
export function check({
  state,
  permissions,
  actor,
}: Pick<Work<SetState>, 'state' | 'permissions' | 'actor'>): void {
  const namespace = Namespace.parse(state.target.split('/')[0]);
  permissions.require(actor, 'set', { namespace, path: state.path });
}

async function write(work: Work<SetState>, hand: ValuesInHand): Promise<void> {
  const values = hand.of(work.id);
  if (values === undefined) return afterDeath(work);
  try {
    await writeVersion(work, values, 'set');
  } catch (error) {
    hand.end(work.id, endOfWrite(work.state.write, error));
    throw error;
  }
  const { state, version } = work.state.write;
  hand.end(work.id, state === 'written' && version !== undefined ? { state, version } : { state: 'unknown' });
}

/** The replica that was given the values is gone, and they with it: what Vault has now is all that can be told. */
async function afterDeath(work: Work<SetState>): Promise<void> {
  const { write, before, path } = work.state;
  if (isSettled(write)) return;
  if (write.state === 'intended') {
    const { currentVersion } = await work.vault.metadata(path, work.call);
    if (currentVersion > before) {
      await work.save({ write: { state: 'unknown', version: currentVersion } });
      return;
    }
    await work.save({ write: { state: 'waiting' } });
  }
  throw new ChatelaineError({
    code: 'vault-no-answer',
    doing: `writing ${subjectOf(work.state)}`,
    wrong: 'the replica that was given the value stopped before Vault had it',
    state: `Vault still has v${before}. The value is kept nowhere.`,
    next: `Give it again: /secret set ${work.state.target}`,
  });
}
