import pLimit from 'p-limit';
import { isFault } from '../../core/errors.ts';
import { formatObjectName } from '../../core/names.ts';
import type { Work } from '../../core/operation.ts';
import type { Call } from '../../core/ports/call.ts';
import type { SyncOutcome } from '../../core/ports/cluster.ts';
import { whyNotLive } from '../../core/sync-outcome.ts';
import { whileAway } from '../while-away.ts';
import { allEnded } from './all-ended.ts';
import { type DeliveryState, isOpen, type ReaderProgress } from './progress.ts';

/** Calls to the API server at the same time; External Secrets itself works on few at once. */
const atOnce = 16;

/**
 * Asks External Secrets to read again for every reader that has not been seen live, and waits for the proof.
 * Safe to run again: the mark is the operation's id, so a reader that was asked already is only watched.
 */
export async function syncReaders(work: Work<DeliveryState>): Promise<void> {
  const limit = pLimit(atOnce);
  const call = work.within(work.state.syncMs);
  const readers = [...work.state.readers];
  const update = (index: number, reader: ReaderProgress): void => {
    readers[index] = reader;
    work.show({ readers: [...readers] });
  };
  await allEnded(
    readers.map(async (reader, index) => {
      if (!isOpen(reader)) return;
      await syncOne(work, reader, { call, limit, update: (next) => update(index, next) });
    }),
  );
  await work.save({ readers });
}

interface SyncOne {
  readonly call: Call;
  readonly limit: ReturnType<typeof pLimit>;
  readonly update: (reader: ReaderProgress) => void;
}

async function syncOne(work: Work<DeliveryState>, reader: ReaderProgress, one: SyncOne): Promise<void> {
  const { namespace, name } = reader;
  const base = { namespace, name };
  const started = work.clock.monotonic();
  const took = (): number => Math.round(work.clock.monotonic() - started);
  try {
    const ticket = await one.limit(() =>
      whileAway(work.clock, one.call, () => work.cluster.forceSync(base, work.id, one.call)),
    );
    one.update({ ...base, state: 'working' });
    const outcome = await work.cluster.awaitSync(ticket, one.call);
    one.update({ ...base, ...describeOutcome(outcome), tookMs: took() });
  } catch (error) {
    if (work.call.signal.aborted) throw work.call.signal.reason as Error;
    if (isFault(error, 'lease-lost', 'frozen') || !isFault(error)) throw error;
    const skipped = isFault(error, 'policy-not-enforced');
    work.log.info(
      { operation: work.id, name: formatObjectName(base), code: error.code },
      'reader not synced',
    );
    one.update({
      ...base,
      state: skipped ? 'skipped' : 'failed',
      why: `${error.wrong}. ${error.next}`,
      tookMs: took(),
    });
  }
}

function describeOutcome(outcome: SyncOutcome): Pick<ReaderProgress, 'state' | 'why'> {
  const why = whyNotLive(outcome);
  return { state: outcome.state, ...(why === undefined ? {} : { why }) };
}
