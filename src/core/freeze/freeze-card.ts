import type { Card } from '../card.ts';
import { describeDuration } from '../duration.ts';
import { describeWritesFirst } from './freeze-scope.ts';
import type { Freeze, Thawed } from './freeze-state.ts';
import { thawCommand } from './freeze-words.ts';

/** A freeze as its channel is told. */
export function frozenCard({ scope, by, since, reason }: Freeze): Card {
  return {
    state: 'warning',
    title: `${describeWritesFirst(scope)} are frozen`,
    fields: [
      { label: 'By', value: [{ person: by }, ', since ', { time: since }] },
      { label: 'Reason', value: reason },
    ],
    lines: [
      'The bot changes nothing of it until somebody thaws it; what External Secrets does by itself goes on.',
    ],
    actions: [{ label: 'Thaw', command: thawCommand(scope) }],
  };
}

/** The same message afterwards; without `thawed` nobody knows any more who ended it. */
export function thawedCard(thawed: Thawed | undefined): Card {
  if (thawed === undefined) {
    return { state: 'success', title: 'This freeze has ended; who ended it is not known any more' };
  }
  const { freeze, by, at } = thawed;
  const lasted = describeDuration(Date.parse(at) - Date.parse(freeze.since));
  return {
    state: 'success',
    title: `${describeWritesFirst(freeze.scope)} are thawed, after ${lasted}`,
    fields: [
      { label: 'Frozen by', value: [{ person: freeze.by }, ', since ', { time: freeze.since }] },
      { label: 'Reason', value: freeze.reason },
      { label: 'Thawed by', value: [{ person: by }, ', ', { time: at }] },
    ],
  };
}

/** Told where the Lease holds what no freeze looks like. */
export function unreadableCard(): Card {
  return {
    state: 'failure',
    title: 'Everything counts as frozen: the Lease freeze can’t be read',
    lines: [
      'Somebody else wrote it, or a newer version did. Find out who; whoever may thaw everything ends it: /secret thaw.',
    ],
  };
}
