import type { Replica } from '../ports/vault.ts';

/** What each replica last said of itself, and how often in a row it has said nothing since. */
export interface Sightings {
  readonly said: Readonly<Record<string, Replica>>;
  readonly missed: Readonly<Record<string, number>>;
}

export const noSightings: Sightings = { said: {}, missed: {} };

export interface Settled {
  readonly sightings: Sightings;
  readonly settled: readonly Replica[];
  /** Of these nothing is known yet: they are what they were before this process looked. */
  readonly doubtful: readonly string[];
}

/** So many polls in a row without an answer make a replica unreachable: one is lost to any restart of a connection. */
const mostMissed = 2;

/**
 * What to believe of a poll. What a replica says of itself counts at once, `sealed` above all; that it says nothing
 * counts from the second time, and until then it is what it was. One that never said anything is in `doubtful` until then.
 */
export function settleSightings(before: Sightings, replicas: readonly Replica[]): Settled {
  const said: Record<string, Replica> = {};
  const missed: Record<string, number> = {};
  const settled: Replica[] = [];
  const doubtful: string[] = [];
  for (const replica of replicas) {
    const { name } = replica;
    const silent = replica.state === 'unreachable';
    const last = silent ? before.said[name] : replica;
    missed[name] = silent ? (before.missed[name] ?? 0) + 1 : 0;
    if (last !== undefined) said[name] = last;
    const believed = missed[name] >= mostMissed ? replica : last;
    if (believed === undefined) doubtful.push(name);
    else settled.push(believed);
  }
  return { sightings: { said, missed }, settled, doubtful };
}
