import type { Text } from './card.ts';
import type { ChatelaineError } from './errors.ts';
import type { Area, Finding } from './ports/inspect.ts';

/** Makes a finding of what is to be mended: how belongs to it. */
export type Worse = (what: string, evidence: string, fix: Text) => Finding;

/** Makes the findings of one area. */
export interface Findings {
  readonly good: (what: string, evidence: string) => Finding;
  readonly doubt: Worse;
  readonly fault: Worse;
  readonly unknown: (what: string, evidence: string, fix?: Text) => Finding;
  /** A fault that an adapter threw, which is made for people already. */
  readonly of: (state: 'fault' | 'unknown', error: ChatelaineError) => Finding;
}

/** Makes the findings of one area. */
export function findingsOf(area: Area): Findings {
  const make =
    (state: Finding['state']) =>
    (what: string, evidence: string, fix?: Text): Finding => ({
      area,
      state,
      what,
      evidence,
      ...(fix === undefined ? {} : { fix }),
    });
  return {
    good: make('good'),
    doubt: make('doubt'),
    fault: make('fault'),
    unknown: make('unknown'),
    of: (state, { wrong, doing, next }) => make(state)(wrong, `seen while ${doing}`, next),
  };
}

/** Up to so many names, and how many more there are: evidence stays readable where a thousand secrets have one fault. */
export function some(names: readonly string[], most = 3): string {
  const left = names.length - most;
  return left > 0 ? `${names.slice(0, most).join(', ')} and ${left} more` : names.join(', ');
}
