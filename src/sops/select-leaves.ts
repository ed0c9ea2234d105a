import type { Selection, SelectionKind } from '../core/ports/encrypter.ts';
import { finderOf, sopsFault } from './faults.ts';

/** Where a leaf or a comment is. */
export interface Place {
  /** The keys that lead to it; places in lists don't count. */
  readonly path: readonly string[];
  /**
   * For each level, from the top, the comments right above what is looked at (of a comment: itself the last).
   */
  readonly comments: readonly (readonly string[])[];
  readonly isComment: boolean;
}

/** Whether what is at a place is encrypted. */
export type Select = (place: Place) => boolean;

/** The rule's selection, as the `sops` program applies it: one key of the path, or one comment above, is enough. */
export function selectBy({ by, pattern }: Selection): Select {
  const find = by.endsWith('_regex') ? finderOf(pattern, () => noPattern(by)) : undefined;
  const inKey = find ?? ((key: string) => key.endsWith(pattern));
  const wanted = !by.startsWith('un');
  if (!by.endsWith('comment_regex')) return ({ path }) => path.some(inKey) === wanted;
  return (place) => textsAbove(place, wanted).some(inKey) === wanted;
}

/** The comment that switches encryption on stays readable itself. One that switches it off does so for itself as well. */
function textsAbove({ comments, isComment }: Place, wanted: boolean): readonly string[] {
  const all = comments.flat();
  return wanted && isComment ? all.slice(0, -1) : all;
}

function noPattern(by: SelectionKind): Error {
  return sopsFault('sops-rule-unusable', {
    doing: 'encrypting a file',
    wrong: `the rule's ${by} is no regular expression`,
    next: 'Mend the rule first.',
  });
}
