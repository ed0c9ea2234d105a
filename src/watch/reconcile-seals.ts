import { type Incident, openIncident, type SealState } from '../core/incident/seal-state.ts';

/**
 * What holds when this replica and another told incidents without knowing of each other: the same incident goes on as
 * it is here, another one as it is kept, and `retired` are the messages of this replica that are told elsewhere.
 */
export function reconcileSeals(
  mine: SealState,
  kept: SealState,
  role: 'leader' | 'follower',
): { readonly state: SealState; readonly retired: readonly Incident[] } {
  const [ours, theirs] = [openIncident(mine), openIncident(kept)];
  if (ours === undefined) return { state: kept, retired: [] };
  if (role === 'leader' && theirs === undefined) return { state: renumbered(mine, kept.last), retired: [] };
  if (theirs !== undefined && isSame(ours, theirs)) return { state: goneOn(mine, ours, theirs), retired: [] };
  const known = JSON.stringify(ours.shown) === JSON.stringify(theirs?.shown);
  return { state: kept, retired: known ? [] : [ours] };
}

function isSame(ours: Incident, theirs: Incident): boolean {
  return ours.number === theirs.number && ours.since === theirs.since;
}

function goneOn(mine: SealState, ours: Incident, theirs: Incident): SealState {
  const shown = ours.shown ?? theirs.shown;
  const same: Incident = { ...ours, ...(shown === undefined ? {} : { shown }) };
  return { ...mine, incidents: [...mine.incidents.slice(0, -1), same] };
}

/** An incident that began without knowing the number of the last one gets the next. */
function renumbered(mine: SealState, last: number): SealState {
  if (last < mine.last) return mine;
  const by = last + 1 - Math.min(...mine.incidents.map(({ number }) => number));
  const incidents = mine.incidents.map((each) => ({ ...each, number: each.number + by }));
  return { ...mine, last: incidents.at(-1)?.number ?? last, incidents };
}
