import { checkLeaks, type LeavingText } from '../../core/check-leaks.ts';
import { type Made, namesBrought } from '../../core/proposal/making.ts';
import type { ProposeState } from './state.ts';

/** Everything of a proposal that leaves for the Git host. */
function leavingTexts(
  { files, text, branch }: ProposeState,
  labels: readonly string[],
): readonly LeavingText[] {
  return [
    ...files.flatMap((file) => [
      { what: `path ${file.path}`, text: file.path },
      ...('text' in file ? [{ what: `file ${file.path}`, text: file.text }] : []),
    ]),
    ...(text === undefined
      ? []
      : [
          { what: 'title of the pull request', text: text.title },
          { what: 'text of the pull request', text: text.body },
          { what: 'message of the commit', text: text.message },
        ]),
    { what: 'name of the branch', text: branch },
    ...labels.map((label) => ({ what: 'labels of the pull request', text: label })),
  ];
}

/** Shorter values are in many a text by accident, and can be guessed anyway. */
const shortest = 8;

/**
 * Throws value-leaks where something that leaves holds a value. One that a person brought is not looked for where that
 * would say nothing: it is short, or part of the very names, as `jellyfin` is for `media/jellyfin`.
 */
export function assertNothingLeaks(
  state: ProposeState,
  { sought }: Pick<Made, 'sought'>,
  labels: readonly string[],
): void {
  const { story, makings } = state;
  const names = [story.target, story.where ?? '', ...story.properties].join(' ');
  const brought = namesBrought(makings);
  const telling = [...sought].filter(
    ([name, value]) => !brought.includes(name) || !(value.isShorterThan(shortest) || value.isIn(names)),
  );
  checkLeaks(new Map(telling), leavingTexts(state, labels));
}
