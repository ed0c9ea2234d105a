import type { Card, Link, Step } from '../card.ts';
import { type Progress, type Story, storyVerb, subjectOfStory } from './story.ts';

type Told = Pick<Card, 'state' | 'title' | 'lines' | 'actions'>;

/** The card of a proposal at any moment of it: what is particular to the moment, and the steps that all moments share. */
export function storyCard(story: Story, told: Told): Card {
  return {
    ...told,
    fields: [
      {
        label: labels[story.change],
        value: `${story.kind} ${story.target} (${story.category})`,
      },
      { label: 'In Git', value: story.file },
      ...(story.where === undefined ? [] : [{ label: 'In Vault', value: story.where }]),
      ...(story.reason === undefined ? [] : [{ label: 'Reason', value: story.reason }]),
      ...keysOf(story),
    ],
    steps: stepsOf(story),
    lines: [...(told.lines ?? []), ...story.notes],
    links: linksOf(story),
  };
}

/** Of one that was taken back nobody needs them any more. */
function keysOf({ keys = [], takenBack }: Story): Card['fields'] & {} {
  if (takenBack?.state === 'done') return [];
  return keys.map(({ name, text }) => ({ label: `Public key (${name})`, value: [{ code: text }] }));
}

const labels = { new: 'Makes', add: 'Changes', remove: 'Removes', edit: 'Changes' } as const;

function stepsOf(story: Story): readonly Step[] {
  const { written, proposal, approval, change } = story;
  const progress = [
    change === 'add' ? undefined : written,
    openedStep(story),
    ...(proposal === undefined ? [] : [approval ?? waits('approval by a second person')]),
    ...stepsAhead(story),
  ];
  return progress.flatMap((each) => (each === undefined ? [] : [{ state: each.state, text: each.words }]));
}

/** Of what was merged before it was asked for nobody opens one. */
function openedStep({ proposal, merged }: Story): Progress | undefined {
  if (proposal !== undefined) return { state: 'done', words: `pull request #${proposal.number} opened` };
  return merged === undefined ? waits('open a pull request') : undefined;
}

/** What comes after the approval; of one that was closed only what became of what it wrote. */
function stepsAhead(story: Story): readonly (Progress | undefined)[] {
  const { change, closed, written, merged, applied, live, takenBack, target } = story;
  if (closed === true || (takenBack !== undefined && merged === undefined)) return [takenBack];
  return [
    merged ?? waits('merge'),
    change === 'add' ? written : undefined,
    applied ?? waits('apply with Flux'),
    live ?? waits(change === 'remove' ? 'see it gone' : `see ${target} live`),
    takenBack,
  ];
}

function waits(words: string): Progress {
  return { state: 'waiting', words };
}

function linksOf({ proposal }: Story): readonly Link[] {
  return proposal === undefined ? [] : [{ label: `Pull request #${proposal.number}`, url: proposal.url }];
}

/** The card while a proposal waits on the Git host. `expires`: the day on which it is closed by itself. */
export function waitingCard(
  story: Story,
  { expires, trouble }: { readonly expires?: string; readonly trouble?: string },
): Card {
  const subject = subjectOfStory(story);
  const number = story.proposal?.number ?? 0;
  const approved = story.approval?.state === 'done';
  return storyCard(story, {
    state: trouble === undefined ? 'info' : 'warning',
    title: approved
      ? `${subject} ${storyVerb(story, 'is', 'are')} approved: pull request #${number} can be merged`
      : `${subject} ${storyVerb(story, 'waits', 'wait')} for a second person: pull request #${number}`,
    lines: [
      ...(trouble === undefined ? [] : [trouble]),
      ...(expires === undefined
        ? []
        : [`It is closed by itself on ${expires.slice(0, 10)} if nobody merges it.`]),
    ],
  });
}
