import type { Action, Card, CardState, Field, Step, Text } from '../../core/card.ts';
import { count, verb } from '../../core/count.ts';
import { describeDuration } from '../../core/duration.ts';
import { formatObjectName } from '../../core/names.ts';
import type { Standing } from '../../core/operation.ts';
import { consumerSteps, readerSteps, touchedFields } from '../delivery/delivery-steps.ts';
import { leftBehind, syncAction } from '../delivery/left-behind.ts';
import { formatWorkload, hasTaken } from '../delivery/progress.ts';
import { subjectOf, type VersionState } from './state.ts';

/** What is particular to one way of making a new version. */
export interface VersionWords {
  /** `Rotating` */
  readonly doing: string;
  /** `rotated` */
  readonly done: string;
  /** `rotate` */
  readonly again: string;
  readonly fields: readonly Field[];
  /** Instead of the step that writes, where somebody else does that. */
  readonly write?: Step;
  /** Whose write it was is known well enough: by default only where this bot was answered. */
  readonly sure?: boolean;
  /** What the person should know of it, before and after. */
  readonly lines?: readonly Text[];
}

/** The work on a new version of a path as people see it, at any moment of it. */
export function versionCard(state: VersionState, standing: Standing, words: VersionWords): Card {
  if (standing.phase === 'working') return workingCard(state, standing, words);
  if (standing.fault !== undefined) return stoppedCard(state, standing.fault, words);
  return endedCard(state, standing, words);
}

function workingCard(state: VersionState, standing: Standing, words: VersionWords): Card {
  const lines = [
    ...(words.lines ?? []),
    ...(standing.takenOver > 0 ? ['Another replica went on with it after the first one stopped.'] : []),
  ];
  return {
    state: 'working',
    title: `${words.doing} ${subjectOf(state)}`,
    fields: fieldsOf(state, words),
    steps: stepsOf(state, words),
    ...(lines.length === 0 ? {} : { lines }),
  };
}

function fieldsOf(state: VersionState, { fields }: VersionWords): readonly Field[] {
  return [
    ...touchedFields(state.readers, state.consumers),
    ...fields,
    ...(state.reason === undefined ? [] : [{ label: 'Reason', value: state.reason }]),
  ];
}

function stepsOf(state: VersionState, words: VersionWords): readonly Step[] {
  return [
    words.write ?? writeStep(state),
    ...readerSteps(state.readers, versionOf(state)),
    ...consumerSteps(state.consumers),
  ];
}

function versionOf({ write, before }: VersionState): string {
  return `v${write.version ?? before + 1}`;
}

function writeStep(state: VersionState): Step {
  const { write, before, mount, path } = state;
  const took = write.tookMs === undefined ? {} : { tookMs: write.tookMs };
  switch (write.state) {
    case 'waiting':
      return { state: 'waiting', text: `write ${mount}/${path}, now v${before}` };
    case 'intended':
      return { state: 'working', text: `writing ${mount}/${path}, now v${before}` };
    case 'written':
      return { state: 'done', text: `Vault wrote ${versionOf(state)}, was v${before}`, ...took };
    case 'unknown':
      return {
        state: 'unsure',
        text: `Vault has ${versionOf(state)}, was v${before}: ours or another's`,
        ...took,
      };
  }
}

/** The form of a verb that goes with the properties. */
function be({ properties }: VersionState, one: string, several: string): string {
  return verb(properties.length, one, several);
}

type Fault = NonNullable<Standing['fault']>;

/** Stopped by a fault: what matters most is whether a new version is in Vault. */
function stoppedCard(state: VersionState, fault: Fault, words: VersionWords): Card {
  const written = state.write.version !== undefined;
  if (written && fault.code === 'frozen') return frozenCard(state, fault, words);
  const unsure = state.write.state === 'intended';
  const subject = subjectOf(state);
  const title = written
    ? `${subject} ${be(state, 'is', 'are')} ${versionOf(state)} in Vault, but the work stopped: ${fault.wrong}`
    : unsure
      ? `Whether ${subject} ${be(state, 'was', 'were')} ${words.done} is not known: ${fault.wrong}`
      : `${subject} ${be(state, 'was', 'were')} not ${words.done}: nothing changed`;
  return {
    state: written || unsure ? 'warning' : 'failure',
    title,
    steps: written ? stepsOf(state, words) : [],
    lines: [
      `While ${fault.doing}: ${fault.wrong}.`,
      written ? 'What was done until then stays as it is; the steps say how far it came.' : fault.state,
      fault.next,
      ...unrecordedLine(state),
    ],
    actions: [statusAction(state)],
  };
}

/** Stopped by a freeze after the write: who has the new value, who has not, and how to go on. */
function frozenCard(state: VersionState, fault: Fault, words: VersionWords): Card {
  const behind = state.readers.filter((reader) => !hasTaken(reader));
  const now = `${subjectOf(state)} ${be(state, 'is', 'are')} ${versionOf(state)} in Vault`;
  const all = count(state.readers.length, 'ExternalSecret');
  return {
    state: 'warning',
    title:
      behind.length === 0
        ? `${now} and delivered; then the work was stopped: ${fault.wrong}`
        : `${now}, and ${behind.length} of ${all} ${behind.length === 1 ? 'has' : 'have'} not taken it: ${fault.wrong}`,
    steps: stepsOf(state, words),
    lines: [
      ...doubtOfWrite(state, words),
      ...leftBehind(state, state.target),
      ...(state.recorded === true
        ? []
        : ['Who asked for this version could not be noted in Vault any more: this card is the record.']),
      fault.next,
    ],
    actions: [...(behind.length === 0 ? [] : [syncAction(state.target)]), statusAction(state)],
  };
}

function endedCard(state: VersionState, standing: Standing, words: VersionWords): Card {
  const behind = state.readers.filter((reader) => !hasTaken(reader));
  const cardState = outcomeOf(state, words);
  return {
    state: cardState,
    title: behind.length === 0 ? liveTitle(state, standing) : lagTitle(state, behind.length),
    steps: stepsOf(state, words),
    lines: [
      ...doubtLines(state, words),
      ...(words.lines ?? []),
      ...previousLine(state),
      ...unrecordedLine(state),
    ],
    actions: actionsOf(state),
  };
}

/** Success is said only where all that was to be done was seen to be done. */
function outcomeOf({ readers, consumers, write }: VersionState, { sure = false }: VersionWords): CardState {
  const proven = readers.every(({ state }) => state === 'live');
  const restarted = consumers.every((each) => (each.by === 'nobody' ? !each.behind : each.state === 'ready'));
  return proven && restarted && (sure || write.state === 'written') ? 'success' : 'warning';
}

function liveTitle(state: VersionState, standing: Standing): string {
  const { readers, consumers } = state;
  const version = versionOf(state);
  const live = readers.filter((reader) => reader.state === 'live').length;
  const restarts = consumers.filter((each) => each.by !== 'nobody' || each.behind === true);
  const ready = restarts.filter((each) => each.state === 'ready').length;
  const where =
    readers.length === 0
      ? `${version} is in Vault; nobody reads it through External Secrets in this cluster`
      : live === readers.length
        ? `${version} is live in ${count(live, 'ExternalSecret')}`
        : `${version} is in Vault; it can be proven in ${live} of ${readers.length} ExternalSecrets`;
  const workloads =
    restarts.length === 0 ? 'no workload to restart' : `${ready} of ${restarts.length} workloads restarted`;
  return `${subjectOf(state)}: ${where}, ${workloads}, ${describeDuration(standing.tookMs)}`;
}

function lagTitle(state: VersionState, behind: number): string {
  const all = state.readers.length;
  return `${subjectOf(state)} ${be(state, 'is', 'are')} ${versionOf(state)} in Vault, but ${behind} of ${all} ExternalSecrets ${behind === 1 ? 'has' : 'have'} not taken it`;
}

function doubtLines(state: VersionState, words: VersionWords): readonly Text[] {
  const behind = state.readers.some((reader) => !hasTaken(reader));
  return [
    ...doubtOfWrite(state, words),
    ...(behind ? ['Nothing was rolled back: both values would differ for longer.'] : []),
    ...nextLines(state),
  ];
}

function doubtOfWrite(state: VersionState, words: VersionWords): readonly Text[] {
  if (state.write.state !== 'unknown' || words.sure === true) return [];
  return [
    `A replica stopped, or an answer was lost, while ${versionOf(state)} was written: it is ours or another's, which can't be told. If nobody else wrote, all is well; otherwise ${words.again} it again.`,
  ];
}

/** What a person can do about what was not seen to go well; each step says for itself what is wrong. */
function nextLines(state: VersionState): readonly Text[] {
  const late = toSyncAgain(state);
  const down = state.consumers.some((each) => each.state === 'failed' || each.state === 'late');
  const behind = state.consumers.filter((each) => each.behind === true).map(formatWorkload);
  return [
    ...(behind.length === 0
      ? []
      : [`Still with the previous value until it is restarted: ${behind.join(', ')}.`]),
    ...(late === undefined ? [] : [`When its cause is mended: /secret sync ${late}.`]),
    ...(down
      ? ['What was not seen ready may still run with the previous value: look at its pods and their Events.']
      : []),
  ];
}

/** The first reader that another sync could help. One that was not asked would not be asked the next time either. */
function toSyncAgain({ readers }: VersionState): string | undefined {
  const reader = readers.find((each) => !hasTaken(each) && each.state !== 'skipped');
  return reader === undefined ? undefined : formatObjectName(reader);
}

function previousLine({ before, provenBefore }: VersionState): readonly Text[] {
  const proven =
    provenBefore === undefined || provenBefore === before ? '' : ` The last proven one was v${provenBefore}.`;
  return [`The previous version is v${before}.${proven}`];
}

function unrecordedLine({ unrecorded }: VersionState): readonly Text[] {
  return unrecorded === undefined
    ? []
    : [`Who wrote this version could not be remembered in Vault: ${unrecorded}.`];
}

function actionsOf(state: VersionState): readonly Action[] {
  const late = toSyncAgain(state);
  return [
    ...(late === undefined
      ? []
      : [{ label: 'Sync now', command: `secret sync ${late}`, style: 'primary' as const }]),
    statusAction(state),
    { label: 'Uses', command: `secret uses ${state.target}` },
  ];
}

function statusAction({ target }: VersionState): Action {
  return { label: 'Status', command: `secret status ${target}` };
}
