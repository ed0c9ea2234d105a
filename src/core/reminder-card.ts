import type { Card } from './card.ts';
import { count } from './count.ts';
import type { Overdue, Survey } from './survey-rotations.ts';

const mostRows = 40;

/** The weekly list for a channel: names and days, and nobody's name. */
export function reminderCard({ overdue, unread }: Survey): Card {
  const more = overdue.length - mostRows;
  return {
    state: 'warning',
    title: `${count(overdue.length, 'rotation')} ${overdue.length === 1 ? 'is' : 'are'} overdue`,
    table: {
      columns: ['Secret', 'Property', 'Policy', 'Due since'],
      rows: overdue
        .slice(0, mostRows)
        .map((each) => [nameOf(each), each.property ?? 'all', `every ${each.days}d`, each.due.slice(0, 10)]),
    },
    lines: [
      ...(more > 0 ? [`And ${more} more: /secret list --overdue.`] : []),
      ...(unread > 0 ? [`${count(unread, 'path')} could not be read, and may hold more.`] : []),
      'This list comes once a week. A policy is changed with /secret policy NAME --every 90d, and removed with --every never.',
    ],
    actions: [{ label: 'List', command: 'secret list --overdue' }],
  };
}

/** `media/jellyfin (+2)` where others read the same path. */
export function nameOf({ names, path }: Overdue): string {
  // Of several it is the one that the path is named after.
  const own = names.find((name) => name === path) ?? names[0] ?? '';
  return names.length < 2 ? own : `${own} (+${names.length - 1})`;
}
