import { count } from '../count.ts';
import { formatObjectName } from '../names.ts';
import type { Failure } from '../ports/cluster.ts';
import { type FailureIncident, type FailureState, type Member, most } from './failure-state.ts';
import { earlier, iso, newIncident, tellTurn } from './incident.ts';

/** What was seen at one moment. */
export interface FailuresSeen {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Every ExternalSecret that fails now. */
  readonly failures: readonly Failure[];
  /** Whether an incident of seals is open: what fails by Vault belongs to that one, and to its healing. */
  readonly sealed: boolean;
}

export interface FailureRules {
  /** Milliseconds that one must fail before it is told: what recovers by then nobody needs to know. */
  readonly graceMs: number;
  /** Milliseconds that none must fail before an incident ends. */
  readonly calmMs: number;
}

/** What follows from an observation: one incident for each cause, which its members come to and leave. Pure. */
export function observeFailures(before: FailureState, seen: FailuresSeen, rules: FailureRules): FailureState {
  const groups = Map.groupBy(
    seen.failures.filter((failure) => isTold(failure, seen, rules)),
    ({ group }) => group.slice(0, 300),
  );
  const incidents = before.incidents.map((incident) => {
    if (incident.endedAt !== undefined || isHidden(incident, seen)) return incident;
    const now = groups.get(incident.group) ?? [];
    groups.delete(incident.group);
    return goOn(incident, now, seen.at, rules);
  });
  const room = most.incidents - incidents.length;
  const begun = [...groups.values()]
    .slice(0, room)
    .map((failures, index) => begin(before.last + 1 + index, failures, seen.at));
  return { last: before.last + begun.length, incidents: [...incidents, ...begun] };
}

function isTold(
  { since, bySeal }: Failure,
  { at, sealed }: FailuresSeen,
  { graceMs }: FailureRules,
): boolean {
  if (sealed && bySeal) return false;
  return since === undefined || at - Date.parse(since) >= graceMs;
}

/** While a seal explains what fails by Vault, nobody can tell what became of one that was told before: it stays as it is. */
function isHidden({ group, calmSince }: FailureIncident, { sealed, failures }: FailuresSeen): boolean {
  if (!sealed || calmSince !== undefined) return false;
  return failures.some((each) => each.bySeal && each.group.slice(0, 300) === group);
}

function begin(number: number, failures: readonly Failure[], at: number): FailureIncident {
  const [first] = failures;
  const members = membersOf(failures, at);
  const earliest = members[0]?.since ?? iso(at);
  return {
    ...newIncident(number, Date.parse(earliest)),
    ...describe(first),
    ...cut(members),
    peak: members.length,
  };
}

function describe(
  failure: Failure | undefined,
): Pick<FailureIncident, 'group' | 'says' | 'likely' | 'noSecret'> {
  const { group = '', says = '', likely, noSecret = false } = failure ?? {};
  return {
    group: group.slice(0, 300),
    says: says.slice(0, 300),
    ...(likely === undefined ? {} : { likely: likely.slice(0, 300) }),
    noSecret,
  };
}

function membersOf(failures: readonly Failure[], at: number): readonly Member[] {
  return failures
    .map((failure) => ({ name: formatObjectName(failure), since: iso(Date.parse(failure.since ?? iso(at))) }))
    .toSorted((a, b) => (a.since === b.since ? order(a.name, b.name) : order(a.since, b.since)));
}

function order(a: string, b: string): number {
  return a < b ? -1 : 1;
}

function cut(members: readonly Member[]): Pick<FailureIncident, 'members' | 'beyond'> {
  return {
    members: members.slice(0, most.members),
    beyond: Math.max(0, members.length - most.members),
  };
}

function goOn(
  open: FailureIncident,
  failures: readonly Failure[],
  at: number,
  { calmMs }: FailureRules,
): FailureIncident {
  const members = membersOf(failures, at);
  const { calmSince, ...rest } = open;
  const next: FailureIncident = {
    ...rest,
    ...(failures.length === 0 ? {} : describe(failures[0])),
    ...cut(members),
    peak: Math.max(open.peak, members.length),
    ...(members.length > 0 ? {} : { calmSince: earlier(calmSince, iso(at)) }),
  };
  const words = turnWords(open, members);
  if (words !== '') {
    const state = members.length > open.members.length + open.beyond ? 'warning' : 'success';
    return tellTurn(next, { at: iso(at), words, state, mention: false });
  }
  const isCalm = calmSince !== undefined && at - Date.parse(calmSince) >= calmMs;
  return members.length === 0 && isCalm ? { ...next, endedAt: iso(at) } : next;
}

/** Who came and who left, as one line for the thread; empty where it is the same ones. */
function turnWords(before: FailureIncident, members: readonly Member[]): string {
  // Of more than are kept by name only the number is known.
  if (before.beyond > 0 || members.length > most.members) return '';
  const had = new Set(before.members.map(({ name }) => name));
  const has = new Set(members.map(({ name }) => name));
  const came = members.filter(({ name }) => !had.has(name)).map(({ name }) => name);
  const left = before.members.filter(({ name }) => !has.has(name)).map(({ name }) => name);
  const words = [
    ...(came.length === 0 ? [] : [`${listed(came)} ${came.length === 1 ? 'fails' : 'fail'} too`]),
    ...(left.length === 0
      ? []
      : [`${listed(left)} no longer ${left.length === 1 ? 'fails' : 'fail'} this way`]),
  ];
  return words.join('; ').slice(0, 300);
}

/** The first few by name, and how many more. */
export function listed(names: readonly string[], few = 3): string {
  if (names.length <= few + 1) return names.length < 2 ? names.join('') : both(names);
  return `${names.slice(0, few).join(', ')} and ${names.length - few} more`;
}

function both(names: readonly string[]): string {
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}

/** `media/jellyfin fails`, `3 ExternalSecrets fail`. */
export function whoFails({ members, beyond }: FailureIncident): string {
  const many = members.length + beyond;
  const [first] = members;
  return many === 1 && first !== undefined ? `${first.name} fails` : `${count(many, 'ExternalSecret')} fail`;
}
