import type { Card } from '../card.ts';
import type { ProposalRecord } from './proposal-record.ts';
import { type Story, storyVerb, subjectOfStory } from './story.ts';
import { storyCard } from './story-card.ts';

type Edit = Pick<ProposalRecord, 'branch' | 'edit' | 'story'> & {
  readonly object: { readonly path: string };
};

/** What was seen of the branch, and ISO 8601 until when it is waited for. */
export interface EditSeen {
  readonly expires?: string;
  /** The branch is there, and nobody has opened its pull request. */
  readonly isPushed?: boolean;
  /** What is wrong with what was pushed. */
  readonly trouble?: string;
}

/** The card while a person changes an encrypted file, until its pull request is there. */
export function editCard(record: Edit, { expires, isPushed = false, trouble }: EditSeen = {}): Card {
  const { story, edit } = record;
  const subject = subjectOfStory(story);
  const card = storyCard(story, {
    state: trouble === undefined ? 'info' : 'warning',
    title: isPushed
      ? `${subject}: its branch is pushed, open the pull request`
      : `${subject}: change it with sops, and push the branch`,
    lines: [
      ...(trouble === undefined ? [] : [trouble]),
      'Its checksum covers every value in the file, so only who can open it can change it:',
      ...commandsOf(record).map((code) => [{ code }]),
      'Then open its pull request: it is followed to the cluster from there.',
      ...(expires === undefined ? [] : [`This waits until ${expires.slice(0, 10)}.`]),
    ],
  });
  const links = [
    ...(card.links ?? []),
    ...(edit === undefined ? [] : [{ label: 'Open the pull request', url: edit.url }]),
  ];
  return { ...card, links };
}

/** Made when they are shown: whoever may write Leases could have forged what is kept. Names hold nothing that a shell reads. */
function commandsOf({ branch, edit, object, story }: Edit): readonly string[] {
  const title = `Change ${subjectOfStory(story)}`;
  return [
    `git fetch origin && git switch -c ${branch} origin/${edit?.base ?? 'main'}`,
    `sops edit ${object.path}`,
    `git commit -m '${title}' ${object.path} && git push -u origin ${branch}`,
  ];
}

/** The last word where no pull request came in time. What was seen to be exposed is said again. */
export function notPushedCard(story: Story): Card {
  return storyCard(story, {
    state: story.notes.length === 0 ? 'info' : 'warning',
    title: `${subjectOfStory(story)} ${storyVerb(story, 'was', 'were')} not changed: nobody opened a pull request in time`,
    lines: ['The branch, if there is one, is left to who pushed it. Ask again when it is still wanted.'],
  });
}
