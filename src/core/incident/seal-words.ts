import { count } from '../count.ts';
import type { Incident, SealState, SeenReplica } from './seal-state.ts';

type State = SeenReplica['state'];

/** What is asked of replicas, whether they were watched or just looked at. */
interface Seen {
  readonly replicas: readonly Pick<SeenReplica, 'name' | 'state'>[];
}

const broken: readonly (readonly [State, string, string])[] = [
  ['sealed', 'is sealed', 'are sealed'],
  ['uninitialised', 'is not initialised', 'are not initialised'],
  ['unreachable', 'can’t be reached', 'can’t be reached'],
];

/** `vault-1 is sealed`, `vault-0 and vault-1 are sealed, vault-2 can’t be reached`; empty where all replicas are unsealed. */
export function describeProblem({ replicas }: Seen): string {
  return broken
    .flatMap(([state, one, many]) => {
      const names = namesIn(replicas, state);
      return names.length === 0 ? [] : [`${listed(names)} ${names.length === 1 ? one : many}`];
    })
    .join(', ');
}

/** `vault-0 active, vault-2 standby`. */
export function describeAble({ replicas }: SealState): string {
  return (['active', 'standby'] as const)
    .flatMap((state) => {
      const names = namesIn(replicas, state);
      return names.length === 0 ? [] : [`${names.join(', ')} ${state}`];
    })
    .join(', ');
}

/** `vault-1: 1 of 3 shares given`, for each sealed replica. */
export function describeUnseal({ replicas }: SealState): readonly string[] {
  return replicas
    .filter(({ state }) => state === 'sealed')
    .map(({ name, unseal }) =>
      unseal === undefined ? name : `${name}: ${unseal.given} of ${count(unseal.needed, 'share')} given`,
    );
}

function namesIn(replicas: Seen['replicas'], state: State): readonly string[] {
  return replicas.filter((replica) => replica.state === state).map(({ name }) => name);
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

const outcomes = {
  emergency: 'no replica is active: no secret can be read or written',
  served: 'secrets are served again',
  well: 'all replicas are well',
} as const;

/** What changed between two states, as one line for the thread; empty where nothing did. */
export function turnWords(before: SealState, after: SealState, outcome?: keyof typeof outcomes): string {
  const changes = after.replicas.flatMap((replica) => {
    const was = before.replicas.find(({ name }) => name === replica.name)?.state;
    return was === replica.state ? [] : [changeOf(replica, was)];
  });
  const words = [
    ...changes.filter((each) => each !== ''),
    ...(outcome === undefined ? [] : [outcomes[outcome]]),
  ];
  return words.join('; ').slice(0, 300);
}

function changeOf({ name, state, why }: SeenReplica, was: State | undefined): string {
  if (state === 'unreachable') return `${name} can’t be reached${why === undefined ? '' : `: ${why}`}`;
  const back = was === 'unreachable' ? `${name} answers again, and is` : `${name} is`;
  if (state === 'uninitialised') return `${back} not initialised`;
  const wasAble = was === 'active' || was === 'standby';
  if (state === 'sealed') return wasAble ? `${name} was sealed` : `${back} sealed`;
  if (was === 'sealed') return `${name} was unsealed, and is ${state}`;
  // Who gave up the lead is not told: who took it is.
  return was === 'active' ? '' : `${back} ${state}`;
}

/** `still open after 40 min: vault-1 is sealed (1 of 3 shares given)`. */
export function reminderWords(state: SealState, { since }: Incident, at: number): string {
  const problem = describeProblem(state) || 'no replica is active';
  const unseal = describeUnseal(state).join('; ');
  const more = unseal === '' ? '' : `. Unseal ${unseal}`;
  return `Still so after ${describeAge(at - Date.parse(since))}: ${problem}${more}`.slice(0, 300);
}

/** How long something lasts, coarser the longer it is: a message is edited whenever its words change. */
export function describeAge(milliseconds: number): string {
  const minutes = Math.max(0, Math.floor(milliseconds / 60_000));
  if (minutes < 1) return 'less than a minute';
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${Math.floor((minutes % 60) / 10) * 10} min`;
  return count(Math.floor(minutes / (24 * 60)), 'day');
}
