import { z } from 'zod';
import type { Action, Card } from '../../core/card.ts';
import { describeDuration } from '../../core/duration.ts';
import { formatObjectName } from '../../core/names.ts';
import { defineOperation, type Standing, type Work } from '../../core/operation.ts';
import { readerSteps, touchedFields } from '../delivery/delivery-steps.ts';
import { leftBehind, syncAction } from '../delivery/left-behind.ts';
import { ConsumerProgress, hasTaken, isOpen, ReaderProgress, touchedNames } from '../delivery/progress.ts';
import { syncReaders } from '../delivery/sync-readers.ts';

export const SyncState = z.strictObject({
  target: z.string(),
  readers: z.array(ReaderProgress),
  consumers: z.array(ConsumerProgress),
  syncMs: z.number(),
  rolloutMs: z.number(),
});
export type SyncState = z.infer<typeof SyncState>;

/** Has External Secrets read a secret again now, and waits for the proof. Restarts nothing. Safe to repeat. */
export const sync = defineOperation({
  kind: 'sync',
  state: SyncState,
  card: syncCard,
  check,
  touches: ({ target, readers }) => touchedNames(target, readers, []),
  steps: [{ name: 'sync', run: syncReaders }],
});

/** The right is checked where the work runs, for every namespace that is still to be touched. */
function check({ state, permissions, actor }: Work<SyncState>): void {
  for (const reader of state.readers.filter(isOpen)) {
    permissions.require(actor, 'sync', { namespace: reader.namespace });
  }
}

function syncCard(state: SyncState, standing: Standing): Card {
  const steps = readerSteps(state.readers, 'what Vault holds now');
  if (standing.phase === 'working') {
    return {
      state: 'working',
      title: `Syncing ${state.target}`,
      fields: touchedFields(state.readers, state.consumers).slice(0, 1),
      steps,
    };
  }
  if (standing.fault !== undefined) {
    const { code, doing, wrong, state: now, next } = standing.fault;
    if (code === 'frozen') return frozenCard(state, standing.fault, steps);
    return {
      state: 'failure',
      title: `${state.target} was not synced: ${wrong}`,
      steps,
      lines: [`While ${doing}.`, now, next],
    };
  }
  return endedCard(state, standing, steps);
}

function frozenCard(
  state: SyncState,
  { wrong, next }: NonNullable<Standing['fault']>,
  steps: Card['steps'] & {},
): Card {
  const taken = state.readers.filter(hasTaken).length;
  return {
    state: taken === 0 ? 'failure' : 'warning',
    title: `${state.target}: ${taken} of ${state.readers.length} ExternalSecrets were synced, then the work was stopped: ${wrong}`,
    steps,
    lines: [...leftBehind(state, state.target), next],
    actions: [syncAction(state.target)],
  };
}

function endedCard(state: SyncState, standing: Standing, steps: Card['steps'] & {}): Card {
  const live = state.readers.filter((reader) => reader.state === 'live').length;
  const all = state.readers.length;
  const taken = state.readers.every(hasTaken);
  const actions: Action[] = [
    // One that was not asked would not be asked the next time either.
    ...(state.readers.every((each) => hasTaken(each) || each.state === 'skipped')
      ? []
      : [{ label: 'Sync again', command: `secret sync ${state.target}`, style: 'primary' as const }]),
    { label: 'Status', command: `secret status ${state.target}` },
  ];
  const what = `${live} of ${all} ExternalSecrets Ready with what Vault holds now`;
  return {
    state: live === all && all > 0 ? 'success' : 'warning',
    title: `${state.target}: ${what}, ${describeDuration(standing.tookMs)}`,
    steps,
    lines: taken
      ? ['No workload was restarted.']
      : [
          `Not taken: ${state.readers
            .filter((each) => !hasTaken(each))
            .map(formatObjectName)
            .join(', ')}. Nothing else changed.`,
          'Each step says why. When that is mended, sync again; /vault status shows whether Vault can be read.',
        ],
    actions,
  };
}
