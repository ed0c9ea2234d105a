import pLimit from 'p-limit';
import { isFault } from '../../core/errors.ts';
import { formatObjectName } from '../../core/names.ts';
import type { Work } from '../../core/operation.ts';
import type { Call } from '../../core/ports/call.ts';
import type { RolloutOutcome, RolloutTicket } from '../../core/ports/cluster.ts';
import { whileAway } from '../while-away.ts';
import { allEnded } from './all-ended.ts';
import { mayRestart } from './plan-delivery.ts';
import { type ConsumerProgress, type DeliveryState, hasTaken, isOpen } from './progress.ts';

const atOnce = 8;
/** Milliseconds that an API server which is away may hold up the write before it is done unwatched. */
const watchWithin = 20_000;

/**
 * Notes the present generation of every workload that Reloader will restart: afterwards it couldn't be told
 * whether its rollout was the one that this change caused. Safe to run again only before the change.
 */
export async function watchRollouts(work: Work<DeliveryState>): Promise<ConsumerProgress[]> {
  const call = work.within(watchWithin);
  return Promise.all(
    work.state.consumers.map(async (consumer) => {
      if (consumer.by !== 'reloader' || consumer.ticket !== undefined) return consumer;
      try {
        const ticket = await whileAway(work.clock, call, () =>
          work.cluster.watchRollout(nameOf(consumer), call),
        );
        return { ...consumer, ticket: plain(ticket) };
      } catch (error) {
        if (!isFault(error) || work.call.signal.aborted) throw error;
        return { ...consumer, state: 'skipped' as const, why: `not watched: ${error.wrong}` };
      }
    }),
  );
}

/**
 * Restarts the workloads whose readers have taken the new version, and waits until they are ready; those that
 * Reloader restarts are only watched. Safe to run again: the mark is the operation's id, so no second rollout starts.
 */
export async function restartConsumers(work: Work<DeliveryState>): Promise<void> {
  const limit = pLimit(atOnce);
  const taken = new Set(work.state.readers.filter(hasTaken).map(formatObjectName));
  const consumers = work.state.consumers.map((consumer) => withRight(work, withoutHope(consumer, taken)));
  const call = work.within(work.state.rolloutMs);
  const update = (index: number, consumer: ConsumerProgress): void => {
    consumers[index] = consumer;
    work.show({ consumers: [...consumers] });
  };
  await allEnded(
    consumers.map((consumer, index) =>
      limit(async () => {
        if (!isOpen(consumer)) return;
        update(index, { ...consumer, state: 'working' });
        try {
          update(index, await restartOne(work, consumer, call));
        } catch (error) {
          if (isFault(error, 'frozen')) update(index, consumer);
          throw error;
        }
      }),
    ),
  );
  await work.save({ consumers });
}

/** A restart before the Secret has the new value would only bring the old one back. */
function withoutHope(consumer: ConsumerProgress, taken: ReadonlySet<string>): ConsumerProgress {
  if (consumer.readers.every((reader) => taken.has(reader))) return consumer;
  // What would see the new value by itself has none to see.
  if (consumer.by === 'nobody' && consumer.behind !== true) {
    return { ...consumer, why: 'goes on with the previous value: its Secret has not taken the new version' };
  }
  if (!isOpen(consumer)) return consumer;
  return { ...consumer, state: 'skipped', why: 'not restarted: its Secret has not taken the new version' };
}

/** The right in its namespace is asked for once more: it may be gone since, and a journal can be forged. */
function withRight(
  { permissions, actor }: Work<DeliveryState>,
  consumer: ConsumerProgress,
): ConsumerProgress {
  const { by, namespace } = consumer;
  if (!isOpen(consumer) || by !== 'bot' || mayRestart(permissions, actor, namespace)) return consumer;
  return { ...consumer, state: 'skipped', why: `not restarted: you have no right in ${namespace}` };
}

async function restartOne(
  work: Work<DeliveryState>,
  consumer: ConsumerProgress,
  call: Call,
): Promise<ConsumerProgress> {
  const started = work.clock.monotonic();
  const took = (): number => Math.round(work.clock.monotonic() - started);
  try {
    const ticket =
      consumer.ticket ??
      (await whileAway(work.clock, call, () => work.cluster.restart(nameOf(consumer), work.id, call)));
    const outcome = await work.cluster.awaitRollout(ticket, call);
    return { ...consumer, ...describeOutcome(outcome), tookMs: took() };
  } catch (error) {
    if (work.call.signal.aborted) throw work.call.signal.reason as Error;
    if (isFault(error, 'lease-lost', 'frozen') || !isFault(error)) throw error;
    return { ...consumer, state: 'failed', why: `${error.wrong}. ${error.next}`, tookMs: took() };
  }
}

function describeOutcome(outcome: RolloutOutcome): Pick<ConsumerProgress, 'state' | 'why'> {
  switch (outcome.state) {
    case 'ready':
      return { state: 'ready', why: outcome.replicas === 1 ? '1 replica' : `${outcome.replicas} replicas` };
    case 'failed':
      return { state: 'failed', why: `${outcome.reason}: ${outcome.message}` };
    case 'late':
      return {
        state: 'late',
        why: `${outcome.ready} of ${outcome.wanted} replicas ready; ${outcome.message}`,
      };
    case 'gone':
      return { state: 'gone', why: 'it was deleted meanwhile' };
  }
}

function nameOf({ kind, namespace, name }: ConsumerProgress): RolloutTicket['workload'] {
  return { kind, namespace, name };
}

function plain({ workload, uid, generation }: RolloutTicket): NonNullable<ConsumerProgress['ticket']> {
  return { workload: { ...workload }, uid, generation };
}
