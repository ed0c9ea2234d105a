import { expect, test } from 'vitest';
import { type Card, plainText } from '../../src/core/card.ts';
import { systemClock } from '../../src/core/clock.ts';
import { type Incidents, newIncident, shownAs } from '../../src/core/incident/incident.ts';
import { toldElsewhere, turnCard } from '../../src/core/incident/incident-card.ts';
import type { CardChange } from '../../src/core/ports/surface.ts';
import { Teller } from '../../src/watch/tell-incidents.ts';

const since = Date.parse('2026-11-24T02:14:00.000Z');
const signal = new AbortController().signal;

function openTeller() {
  const edits: { readonly message: string; readonly card: Card; readonly change: CardChange }[] = [];
  const held = {
    state: { last: 1, incidents: [newIncident(1, since)] } as Incidents,
    isOurs: true,
    posts: 0,
  };
  const meanwhile = { work: () => undefined as void };
  const teller = new Teller<Incidents>(
    {
      place: { surface: 'test' },
      clock: systemClock,
      cards: {
        incident: ({ incidents }) => ({ state: 'warning', title: `it has ${incidents[0]?.turns} turns` }),
        entry: (entry) => turnCard(entry),
        elsewhere: (incident) => toldElsewhere(incident, { label: 'Status', command: 'vault status' }),
      },
      surface: {
        async show() {
          held.posts += 1;
          meanwhile.work();
          return { message: 'mine' };
        },
        async change(shown, card, change) {
          edits.push({ message: shown['message'] ?? '', card, change });
        },
        reply: async () => undefined,
      },
    },
    {
      get: () => held.state,
      update: (by) => {
        held.state = by(held.state);
      },
      isOurs: () => held.isOurs,
    },
  );
  return { edits, held, meanwhile, teller };
}

test('a message that another replica was faster with says where it is told on', async () => {
  const { edits, held, meanwhile, teller } = openTeller();
  meanwhile.work = () => {
    held.state = shownAs(held.state, 1, { message: 'theirs' }, since);
  };
  await teller.tell(signal);
  expect(held.state.incidents[0]?.shown).toEqual({ message: 'theirs' });
  const [retired] = edits.filter(({ message }) => message === 'mine');
  expect(plainText(retired?.card.title ?? '')).toContain('is told on in another message');
});

test('an edit is not wanted any more when another replica leads, and is made anew when this one does', async () => {
  const { edits, held, teller } = openTeller();
  await teller.tell(signal);
  const [incident] = held.state.incidents;
  held.state = { ...held.state, incidents: incident === undefined ? [] : [{ ...incident, turns: 1 }] };
  await teller.tell(signal);
  await teller.tell(signal);
  expect(edits).toHaveLength(1);
  expect(edits[0]?.change.wanted?.()).toBe(true);
  held.isOurs = false;
  expect(edits[0]?.change.wanted?.()).toBe(false);
  held.isOurs = true;
  await teller.tell(signal);
  expect(edits).toHaveLength(2);
  expect(held.posts).toBe(1);
});
