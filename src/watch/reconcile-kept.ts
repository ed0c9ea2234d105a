import type { Incidents } from '../core/incident/incident.ts';
import type { Reconciled } from './hold-incidents.ts';

/**
 * What is kept holds; what this replica told, and is not kept, is told on elsewhere. One that is kept as not told yet goes
 * on in the message of this replica: the answer to its own save was lost while it told.
 */
export function reconcileKept<S extends Incidents>(mine: S, kept: S): Reconciled<S> {
  const incidents = kept.incidents.map((each) => {
    const own = mine.incidents.find(({ number, since }) => number === each.number && since === each.since);
    return each.shown === undefined && own?.shown !== undefined ? own : each;
  });
  const isKept = ({ shown }: S['incidents'][number]): boolean =>
    incidents.some((each) => JSON.stringify(each.shown) === JSON.stringify(shown));
  const retired = mine.incidents.filter((each) => each.shown !== undefined && !isKept(each));
  return { state: { ...kept, incidents }, retired };
}
