import type { Actor } from '../actor.ts';
import type { Action, Card, Inline, Text } from '../card.ts';
import { count } from '../count.ts';
import { describeDuration } from '../duration.ts';
import { type Healing, healedWords, healingWords, isHealed, isNothing, unhealedLines } from './healing.ts';
import type { Entry } from './incident.ts';
import { lateLine, toldElsewhere, turnCard } from './incident-card.ts';
import type { Incident, SealState } from './seal-state.ts';
import { describeAble, describeAge, describeProblem, describeUnseal } from './seal-words.ts';

export interface CardOptions {
  /** Milliseconds since 1970: ages are as of then. */
  readonly at: number;
  /** The people who hold shares. */
  readonly mention: readonly Actor[];
  /** Milliseconds that all must be well before it ends. */
  readonly calmMs: number;
}

const status: Action = { label: 'Status', command: 'vault status' };
const guide: Action = { label: 'Unseal', command: 'vault unseal' };

/** The one message of an incident, made from its state alone. */
export function incidentCard(state: SealState, incident: Incident, options: CardOptions): Card {
  const card = incident.endedAt !== undefined ? ended(incident) : bodyOf(state, incident, options);
  return { ...card, lines: [...(card.lines ?? []), ...lateLine(incident)] };
}

function bodyOf(state: SealState, incident: Incident, options: CardOptions): Card {
  return incident.calmSince === undefined ? open(state, incident, options) : calm(state, incident, options);
}

function open(state: SealState, incident: Incident, { at, mention }: CardOptions): Card {
  const { number, since, severity, untold, turns } = incident;
  const lost = severity === 'emergency';
  const problem = describeProblem(state);
  const age = at - Date.parse(since);
  const subject = lost
    ? `Vault serves no secrets: ${problem || 'no replica is active'}`
    : problem || 'Vault has no active replica';
  return {
    state: lost ? 'failure' : 'warning',
    title: [
      `${subject} (since `,
      { time: since },
      age < 60_000 ? ')' : `, ${describeAge(age)})`,
      ` · incident ${number}`,
    ],
    lines: [
      consequence(state, lost),
      ...(lost ? mentionLine(mention) : []),
      ...unsealLines(state),
      ...reasons(state),
      ...dueLine(incident),
      ...healingLines(incident),
      ...(untold === 0
        ? []
        : [`It changed ${count(turns, 'time')}; ${untold} of them are not told one by one.`]),
    ],
    actions: [status, ...(describeUnseal(state).length > 0 ? [guide] : [])],
  };
}

function consequence(state: SealState, lost: boolean): string {
  const able = describeAble(state);
  if (lost) {
    const idle = able === '' ? '' : `${able}: too few, or without a leader. `;
    return `${idle}No secret can be read or written. Secrets that exist stay, and pods keep running.`;
  }
  if (state.leaderlessSince !== undefined)
    return `${able}: they are choosing a leader; until then no secret is served.`;
  const many = state.replicas.length;
  const unsealed = state.replicas.filter(({ state: each }) => each === 'active' || each === 'standby').length;
  const spare = unsealed - Math.floor(many / 2) - 1;
  if (spare < 0) return `${able}: secrets are served.`;
  return `${able}: secrets are served, ${spare === 0 ? 'one more loss stops' : `${spare + 1} more losses stop`} them.`;
}

/** One line for each replica that is sealed; the guide is for all of them. */
function unsealLines(state: SealState): readonly Text[] {
  const sealed = describeUnseal(state);
  return sealed.map(
    (each, at): Text =>
      at < sealed.length - 1 ? `Unseal ${each}.` : [`Unseal ${each}. Guide: `, { code: '/vault unseal' }],
  );
}

function mentionLine(people: readonly Actor[]): readonly Text[] {
  if (people.length === 0) return [];
  const names = people.flatMap((person): Inline[] => [{ person }, ' ']).slice(0, -1);
  return [['Whoever holds a share is needed: ', ...names]];
}

function reasons({ replicas }: SealState): readonly string[] {
  return replicas.flatMap(({ name, state, why }) =>
    state === 'unreachable' && why !== undefined ? [`${name} ${why}.`] : [],
  );
}

function dueLine({ due, severity }: Incident): readonly Text[] {
  if (due === undefined || (due.next.length === 0 && due.past === 0)) return [];
  const line: Inline[] = due.next.flatMap(({ name, at }, index) => [
    index === 0 ? `Next ${due.next.length === 1 ? 'ExternalSecret' : 'ExternalSecrets'} due: ` : ', ',
    `${name} at `,
    { time: at },
  ]);
  if (due.more > 0) line.push(` and ${due.more} more within the hour`);
  if (due.past > 0 && severity === 'emergency')
    line.push(`${line.length > 0 ? '. ' : ''}${count(due.past, 'ExternalSecret')} due already`);
  return line.length === 0 ? [] : [line];
}

function calm(state: SealState, incident: Incident, { calmMs }: CardOptions): Card {
  const since = incident.calmSince ?? incident.since;
  return {
    state: stateOf(incident),
    title: [
      'Vault is well again since ',
      { time: since },
      `, after ${lasted(incident)} · incident ${incident.number}`,
    ],
    lines: [
      `${describeAble(state)}.`,
      [
        'The incident ends at ',
        { time: new Date(Date.parse(since) + calmMs).toISOString() },
        ' if it stays so.',
      ],
      ...healingLines(incident),
    ],
    actions: [status],
  };
}

function ended(incident: Incident): Card {
  const { number, since, calmSince = since, turns, worst } = incident;
  return {
    state: stateOf(incident),
    title: [
      `Vault is well again: it took ${lasted(incident)}, from `,
      { time: since },
      ' to ',
      { time: calmSince },
      ` · incident ${number}`,
    ],
    lines: [
      worst === 'emergency'
        ? 'No secret could be read or written for some of that time.'
        : 'Secrets were served all the time.',
      ...(turns < 3 ? [] : [`It changed ${turns} times.`]),
      ...healingLines(incident),
    ],
    actions: [status],
  };
}

/** All is well with Vault; what failed meanwhile need not be. */
function stateOf({ healing }: Incident): 'success' | 'warning' {
  return healing?.endedAt === undefined || isHealed(healing) ? 'success' : 'warning';
}

/** How far it is with what failed meanwhile; the proof at its end. */
function healingLines({ healing, worst }: Incident): readonly Text[] {
  if (healing === undefined) return [];
  if (healing.endedAt === undefined)
    return worst === 'emergency' || !isNothing(healing) ? [healingWords(healing)] : [];
  if (worst === 'warning' && isNothing(healing)) return [];
  return [...unhealedLines(healing), ...mendLine(healing), `${healedWords(healing)}.`];
}

function mendLine(healing: Healing): readonly Text[] {
  if (isHealed(healing)) return [];
  return [['Mend what stands there, then ', { code: '/secret sync' }, ' for each.']];
}

function lasted({ since, calmSince = since }: Incident): string {
  return describeDuration(Math.max(0, Date.parse(calmSince) - Date.parse(since)));
}

/** One entry of its thread. */
export function entryCard(entry: Entry, people: readonly Actor[]): Card {
  return turnCard(entry, entry.mention ? mentionLine(people) : []);
}

/** In the place of a message whose incident another message tells on. */
export function elsewhereCard(incident: Incident): Card {
  return toldElsewhere(incident, status);
}
