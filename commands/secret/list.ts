import { z } from 'zod';
import { type Card, mentionPeople, type Text } from '../../src/core/card.ts';
import { defineCommand } from '../../src/core/command.ts';
import { count } from '../../src/core/count.ts';
import { describeDuration } from '../../src/core/duration.ts';
import { pathsOf } from '../../src/core/find-secrets.ts';
import { freezeLines } from '../../src/core/freeze/freeze-words.ts';
import { lastSeenLines } from '../../src/core/last-seen.ts';
import { formatObjectName, Namespace } from '../../src/core/names.ts';
import type { ExternalSecret } from '../../src/core/ports/cluster.ts';
import { nameOf } from '../../src/core/reminder-card.ts';
import type { Overdue, Survey } from '../../src/core/survey-rotations.ts';

/** What a person may see of the cluster's secrets; answered from the cache. */
export const list = defineCommand({
  name: 'secret list',
  summary: 'List the secrets you may see, those that fail first',
  examples: ['secret list', 'secret list media', 'secret list --overdue'],
  may: 'read',
  effect: 'read',
  args: z.object({
    namespace: Namespace.optional().meta({ title: 'Namespace', description: 'only this one' }),
    overdue: z.boolean().optional().meta({
      title: 'Overdue',
      description: 'those whose rotation policy has run out, longest first',
    }),
    failing: z.boolean().optional().meta({ title: 'Failing', description: 'only those that are not Ready' }),
  }),
  words: ['namespace'],
  async handler(
    { secrets, vault, cluster, freezes, clock, rotations, call },
    { namespace, failing, overdue },
  ) {
    const all = secrets.all(namespace);
    if (overdue === true) return { card: overdueCard(await rotations.overdue(all, call), clock.now()) };
    const troubled = all.filter(({ ready }) => ready.status !== 'True');
    const shown =
      failing === true ? troubled : [...troubled, ...all.filter(({ ready }) => ready.status === 'True')];
    const where = namespace === undefined ? '' : ` in ${namespace}`;
    return {
      card: {
        state: 'info',
        title:
          all.length === 0
            ? `No secret${where} that you may see`
            : `${count(all.length, 'secret')} you may see${where}, ${troubled.length === 0 ? 'all Ready' : `${troubled.length} not Ready`}`,
        ...(shown.length === 0
          ? {}
          : {
              table: { columns: ['Secret', 'State', `Path in ${vault.mount}`], rows: shown.map(rowOf) },
            }),
        lines: [
          ...(await freezeLines(freezes, clock.now())),
          ...(all.length === 0
            ? ['Nothing here is in your sight: the namespace has none, or no grant shows them to you.']
            : []),
          ...lastSeenLines(cluster),
        ],
      },
    };
  },
});

function overdueCard({ overdue, seen, unread, why }: Survey, now: number): Card {
  return {
    state: unread > 0 ? 'warning' : 'info',
    title:
      overdue.length === 0
        ? `No rotation is overdue in the ${count(seen, 'path')} that could be read`
        : `${count(overdue.length, 'rotation')} overdue, in ${count(seen, 'path')}`,
    lines: [
      ...overdue.map((each): Text => lineOf(each, now)),
      ...(unread > 0 ? [`${count(unread, 'path')} could not be read, and may hold more: ${why}.`] : []),
    ],
  };
}

/** By whom it was rotated last is a person where Slack knows one. */
function lineOf(each: Overdue, now: number): Text {
  const by = each.by === undefined ? [', not known by whom'] : [' by ', ...[mentionPeople(each.by)].flat()];
  return [
    `${each.property === undefined ? '' : `${each.property} of `}${nameOf(each)}: every ${each.days}d, due since ${each.due.slice(0, 10)} (${describeDuration(now - Date.parse(each.due))}), last rotated ${each.last.slice(0, 10)}`,
    ...by,
  ];
}

function rowOf(secret: ExternalSecret): readonly string[] {
  const { status, reason } = secret.ready;
  return [
    formatObjectName(secret),
    status === 'True' ? 'Ready' : reason,
    pathsOf(secret).join(', ') || 'by search',
  ];
}
