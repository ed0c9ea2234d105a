import { type Incident, openIncident, type SealState } from '../core/incident/seal-state.ts';
import type { Reconciled } from './hold-incidents.ts';

/**
 * What holds when this replica and another told incidents without knowing of each other: the same incident goes on as
 * it is here, another one as it is kept, and `retired` are the messages of this replica that are told elsewhere.
 */
export function reconcileSeals(
  mine: SealState,
  kept: SealState,
  role: 'leader' | 'follower',
): Reconciled<SealState> {
  const [ours, theirs] = [openIncident(mine), openIncident(kept)];
  if (ours === undefined) return { state: kept, retired: [] };
  if (role === 'leader' && theirs === undefined) return { state: renumbered(mine, kept.last), retired: [] };
  if (theirs !== undefined && isSame(ours, theirs)) return goneOn(mine, ours, theirs);
  const known = JSON.stringify(ours.shown) === JSON.stringify(theirs?.shown);
  return { state: kept, retired: known ? [] : [ours] };
}

function isSame(ours: Incident, theirs: Incident): boolean {
  return ours.number === theirs.number && ours.since === theirs.since;
}

/** It goes on in the message that is kept: both may have shown one, as when neither Slack nor the API server answered. */
function goneOn(mine: SealState, ours: Incident, theirs: Incident): Reconciled<SealState> {
  const shown = theirs.shown ?? ours.shown;
  const same: Incident = { ...ours, ...(shown === undefined ? {} : { shown }) };
  const isElsewhere = ours.shown !== undefined && JSON.stringify(ours.shown) !== JSON.stringify(shown);
  return {
    state: { ...mine, incidents: [...mine.incidents.slice(0, -1), same] },
    retired: isElsewhere ? [ours] : [],
  };
}

/** An incident that began without knowing the number of the last one gets the next. */
function renumbered(mine: SealState, last: number): SealState {
  if (last < mine.last) return mine;
  const by = last + 1 - Math.min(...mine.incidents.map(({ number }) => number));
  const incidents = mine.incidents.map((each) => ({ ...each, number: each.number + by }));
  return { ...mine, last: incidents.at(-1)?.number ?? last, incidents };
}
