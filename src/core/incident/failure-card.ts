import type { Action, Card, Inline, Text } from '../card.ts';
import { count } from '../count.ts';
import { describeDuration } from '../duration.ts';
import { whoFails } from './failure-incident.ts';
import type { FailureIncident } from './failure-state.ts';
import { lateLine, toldElsewhere } from './incident-card.ts';
import { describeAge } from './seal-words.ts';

const list: Action = { label: 'All that fail', command: 'secret list --failing' };
const mostNamed = 10;

export interface FailureCardOptions {
  /** Milliseconds since 1970: ages are as of then. */
  readonly at: number;
  /** Milliseconds that one must fail before it is told. */
  readonly graceMs: number;
  /** Milliseconds that none must fail before it ends. */
  readonly calmMs: number;
}

/** The one message about all ExternalSecrets that fail by the same cause, made from its state alone. */
export function failureCard(incident: FailureIncident, options: FailureCardOptions): Card {
  const card = bodyOf(incident, options);
  return { ...card, lines: [...(card.lines ?? []), ...lateLine(incident, options.graceMs)] };
}

/** In the place of a message whose incident another message tells on. */
export function failureElsewhere(incident: FailureIncident): Card {
  return toldElsewhere(incident, list);
}

function bodyOf(incident: FailureIncident, options: FailureCardOptions): Card {
  if (incident.endedAt !== undefined) return ended(incident);
  return incident.calmSince === undefined ? open(incident, options) : calm(incident, options);
}

function open(incident: FailureIncident, { at }: FailureCardOptions): Card {
  const { says, since, likely, noSecret, untold, turns, members } = incident;
  const age = at - Date.parse(since);
  const [first] = members;
  return {
    state: 'warning',
    title: [
      `${whoFails(incident)}: ${says} (since `,
      { time: since },
      age < 60_000 ? ')' : `, ${describeAge(age)})`,
      ` · failure ${incident.number}`,
    ],
    lines: [
      ...(likely === undefined ? [] : [`Likely: ${likely}.`]),
      ...memberLine(incident),
      noSecret
        ? 'There is no Secret of it: pods that need it can’t start.'
        : 'Secrets that exist stay as they are, and pods keep running; new values don’t arrive.',
      ...(first === undefined ? [] : [mendLine(first.name)]),
      ...(untold === 0
        ? []
        : [`It changed ${count(turns, 'time')}; ${untold} of them are not told one by one.`]),
    ],
    actions: [
      ...(first === undefined ? [] : [{ label: 'Status', command: `secret status ${first.name}` }]),
      list,
    ],
  };
}

function memberLine({ members, beyond }: FailureIncident): readonly Text[] {
  if (members.length + beyond < 2) return [];
  const line: Inline[] = members
    .slice(0, mostNamed)
    .flatMap(({ name, since }, index) => [`${index === 0 ? '' : ', '}${name} (since `, { time: since }, ')']);
  const rest = members.length + beyond - Math.min(members.length, mostNamed);
  return [[...line, rest > 0 ? ` and ${rest} more.` : '.']];
}

function mendLine(name: string): Text {
  return ['Mend that, then ', { code: `/secret sync ${name}` }, '.'];
}

function calm(incident: FailureIncident, { calmMs }: FailureCardOptions): Card {
  const { number, says, since, calmSince = since } = incident;
  return {
    state: 'success',
    title: [
      `No ExternalSecret fails this way any more (${says}), since `,
      { time: calmSince },
      `, after ${lasted(incident)} · failure ${number}`,
    ],
    lines: [
      ['It ends at ', { time: new Date(Date.parse(calmSince) + calmMs).toISOString() }, ' if it stays so.'],
    ],
    actions: [list],
  };
}

function ended(incident: FailureIncident): Card {
  const { number, says, since, calmSince = since, peak, turns } = incident;
  return {
    state: 'success',
    title: [
      `No ExternalSecret fails this way any more (${says}): it took ${lasted(incident)}, from `,
      { time: since },
      ' to ',
      { time: calmSince },
      ` · failure ${number}`,
    ],
    lines: [
      ...(peak < 2 ? [] : [`${count(peak, 'ExternalSecret')} failed at the same time, at most.`]),
      ...(turns < 3 ? [] : [`It changed ${turns} times.`]),
    ],
    actions: [list],
  };
}

function lasted({ since, calmSince = since }: FailureIncident): string {
  return describeDuration(Math.max(0, Date.parse(calmSince) - Date.parse(since)));
}
