import type { Action, Card, Text } from '../../core/card.ts';
import { verb } from '../../core/count.ts';
import { describeDuration } from '../../core/duration.ts';
import { describeUnknown, isFault } from '../../core/errors.ts';
import type { Random } from '../../core/generate.ts';
import type { VaultPath } from '../../core/names.ts';
import { defineOperation, type Operation, type Standing, type Work } from '../../core/operation.ts';
import { destroyCommand } from '../../core/proposal/destroy-command.ts';
import { generatedOf, namesMade } from '../../core/proposal/making.ts';
import { touchedByProposal } from '../../core/proposal/proposal-record.ts';
import { type Story, storyVerb, subjectOfStory } from '../../core/proposal/story.ts';
import { storyCard } from '../../core/proposal/story-card.ts';
import { rememberProven } from '../../core/version-record.ts';
import { recordValue } from '../propose/record-value.ts';
import { apply } from './apply.ts';
import { retire } from './retire.ts';
import { seeObject } from './see-object.ts';
import { LandState } from './state.ts';
import { writeAddition } from './write-addition.ts';

/**
 * Brings a merged proposal into the cluster, and sees it there. What was approved for a path that is there already is
 * generated and written first: the cluster reads it then. Safe to repeat.
 */
export function landWith(random: Random): Operation {
  return defineOperation({
    kind: 'land',
    state: LandState,
    card: landCard,
    touches: touchedByProposal,
    steps: [
      { name: 'write', run: (work) => writeAddition(work, random) },
      { name: 'record', run: record },
      { name: 'apply', run: apply },
      { name: 'see', run: seeObject },
      { name: 'end', run: end },
    ],
  });
}

async function record(work: Work<LandState>): Promise<void> {
  // Whoever brought a value is remembered with it already.
  if (work.state.story.change !== 'add' || work.state.write?.state !== 'written') return;
  const story = await recordValue(work, work.state);
  if (story !== undefined) work.show({ story });
}

/** What is left to do about Vault when the cluster has what was approved. */
async function end(work: Work<LandState>): Promise<void> {
  const { story, path } = work.state;
  if (path === undefined || story.live?.state !== 'done') return;
  if (story.change === 'remove') {
    const takenBack = await retire(work, path);
    await work.save({ story: { ...work.state.story, takenBack } });
  } else if (story.version !== undefined && isProven(work, path)) {
    await remember(work, path, story.version);
  }
}

/** Of what was there before others read it, too, who have not been looked at. */
function isProven({ state, cluster }: Work<LandState>, path: VaultPath): boolean {
  const { story, readers } = state;
  if (!readers.every((each) => each.state === 'live')) return false;
  return story.change === 'new' || cluster.readersOf(path).length <= readers.length;
}

async function remember(work: Work<LandState>, path: VaultPath, version: number): Promise<void> {
  try {
    await work.vault.annotate(path, rememberProven(version), work.within(5_000));
  } catch (error) {
    if (work.call.signal.aborted || isFault(error, 'lease-lost')) throw error;
    work.log.warn(
      { operation: work.id, path, reason: describeUnknown(error) },
      'proven version not remembered',
    );
  }
}

function landCard(state: LandState, standing: Standing): Card {
  const { story } = state;
  const merged = `${subjectOfStory(story)} ${mergedAs(state)}`;
  if (standing.phase === 'working') {
    return storyCard(story, { state: 'working', title: `${merged}: bringing it into the cluster` });
  }
  if (standing.fault !== undefined) return stoppedCard(state, standing.fault, merged);
  return story.live?.state === 'done' ? seenCard(state, standing) : unseenCard(state, merged);
}

/** What was merged before it was asked for is in some commit before: which one was not looked for. */
function mergedAs({ story, commit }: LandState): string {
  const short = commit.slice(0, 7);
  return story.proposal === undefined
    ? `${storyVerb(story, 'is', 'are')} in Git already (${short})`
    : `${storyVerb(story, 'was', 'were')} merged as ${short}`;
}

function stoppedCard(state: LandState, fault: NonNullable<Standing['fault']>, merged: string): Card {
  const { story } = state;
  return storyCard(story, {
    state: 'warning',
    title: `${merged}, but the work stopped: ${fault.wrong}`,
    lines: [
      `While ${fault.doing}.`,
      // What somebody else has written there is no lack of it.
      ...(fault.code === 'vault-conflict'
        ? [fault.state]
        : ['What is in Git stays; Flux applies it in its own time.', ...lackLines(state)]),
      fault.next,
    ],
    actions: actionsOf(story),
  });
}

/** What Vault has not got, and how it gets it. */
function lackLines({ story, makings = [], write, missing = [] }: LandState): readonly Text[] {
  if (story.change !== 'add') return [];
  const generated = write?.state === 'written' ? [] : namesMade(generatedOf(makings));
  return [
    ...(generated.length === 0
      ? []
      : [
          `${story.where} has no ${generated.join(', ')} yet, as far as is known.`,
          `When that is mended, ask /secret new for ${generated.join(', ')} again: what is merged already is not proposed once more, it is written.`,
        ]),
    ...(missing.length === 0
      ? []
      : [
          [
            verb(missing.length, 'Its value is still brought with ', 'Their values are still brought with '),
            { code: `/secret set ${story.target} ${missing.join(' ')}` },
            '.',
          ],
        ]),
  ];
}

function seenCard(state: LandState, { tookMs }: Standing): Card {
  const { story, commit } = state;
  const { applied, takenBack } = story;
  const complete = (state.missing ?? []).length === 0;
  const well =
    complete && applied?.state === 'done' && (takenBack === undefined || takenBack.state === 'done');
  const end = story.change === 'remove' ? 'gone' : 'live';
  const took = describeDuration(tookMs);
  return storyCard(story, {
    state: well ? 'success' : 'warning',
    title: `${subjectOfStory(story)} ${storyVerb(story, 'is', 'are')} ${end}: ${story.proposal === undefined ? 'in Git at' : 'merged as'} ${commit.slice(0, 7)}, seen in the cluster ${took} later`,
    lines: [...lackLines(state), ...graceLines(story)],
    actions: actionsOf(story),
  });
}

/** Who ends the grace period of what was deleted: the bot has no right to. */
function graceLines({ change, takenBack, where }: Story): Card['lines'] & {} {
  if (change !== 'remove' || takenBack?.state !== 'done' || where === undefined) return [];
  return [
    ['When its grace period is over a person destroys what is left: ', { code: destroyCommand(where) }],
    'You are reminded then.',
  ];
}

function unseenCard(state: LandState, merged: string): Card {
  const { story } = state;
  const end = story.change === 'remove' ? 'gone' : 'live';
  return storyCard(story, {
    state: 'warning',
    title: `${merged}, and ${storyVerb(story, 'was', 'were')} not seen ${end} in the cluster`,
    lines: [
      'What is in Git stays. The steps say what was seen; when its cause is mended, Flux goes on by itself.',
      ...lackLines(state),
    ],
    actions: actionsOf(story),
  });
}

/** Of a bootstrap secret nothing can be shown but that Flux has it. */
function actionsOf({ change, kind, target }: Story): readonly Action[] {
  return change === 'remove' || kind === 'Secret'
    ? []
    : [{ label: 'Status', command: `secret status ${target}` }];
}
