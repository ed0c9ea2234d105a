import type { Incidents } from '../core/incident/incident.ts';
import type { Reconciled } from './hold-incidents.ts';

/** What is kept holds; what this replica told, and is not kept, is told on elsewhere. */
export function reconcileKept<S extends Incidents>(mine: S, kept: S): Reconciled<S> {
  const isKept = ({ shown }: S['incidents'][number]): boolean =>
    kept.incidents.some((each) => JSON.stringify(each.shown) === JSON.stringify(shown));
  const retired = mine.incidents.filter((each) => each.shown !== undefined && !isKept(each));
  return { state: kept, retired };
}
