import type { LeavingText } from '../../core/check-leaks.ts';
import type { ProposeState } from './state.ts';

/** Everything of a proposal that leaves for the Git host. */
export function leavingTexts(
  { files, text, branch }: ProposeState,
  labels: readonly string[],
): readonly LeavingText[] {
  return [
    ...files.flatMap((file) => [
      { what: `path ${file.path}`, text: file.path },
      ...('text' in file ? [{ what: `file ${file.path}`, text: file.text }] : []),
    ]),
    { what: 'title of the pull request', text: text.title },
    { what: 'text of the pull request', text: text.body },
    { what: 'message of the commit', text: text.message },
    { what: 'name of the branch', text: branch },
    ...labels.map((label) => ({ what: 'labels of the pull request', text: label })),
  ];
}
