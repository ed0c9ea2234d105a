import type { Actor } from '../actor.ts';
import type { Inline, Step, Text } from '../card.ts';
import { describeDuration } from '../duration.ts';
import type { SnapshotSight } from '../ports/snapshots.ts';
import type { Replica } from '../ports/vault.ts';
import type { Attestation } from './attestations.ts';
import { type Attestable, attestable, described } from './items.ts';

/** What is known of recovery at a moment. */
export interface ReadinessFacts {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Or why it can't be seen, in words. */
  readonly snapshots: SnapshotSight | string;
  /** Milliseconds. */
  readonly maxAgeMs: number;
  readonly replicas: readonly Replica[];
  readonly attestations: readonly Attestation[] | string;
  readonly shareHolders: readonly Actor[];
}

const day = 86_400_000;
/** Raft's least that goes on after the loss of one. */
const fewestReplicas = 3;

/** What a restore takes, each with the evidence, or with who said so and when. In the order in which it is needed. */
export function judgeReadiness(facts: ReadinessFacts): readonly Step[] {
  return [judgeSnapshot(facts), judgeReplicas(facts), ...attestable.map((item) => judgeWord(item, facts))];
}

function judgeSnapshot({ snapshots, maxAgeMs, now }: ReadinessFacts): Step {
  const title = 'Last snapshot: ';
  if (typeof snapshots === 'string') return { text: `${title}not seen, ${snapshots}`, state: 'unsure' };
  const { cronJob, lastGood, runs } = snapshots;
  if (cronJob === undefined)
    return { text: `${title}none, there is no CronJob that takes them`, state: 'failed' };
  if (lastGood === undefined) return { text: `${title}none has ended well yet`, state: 'failed' };
  const age = now - Date.parse(lastGood);
  const last = runs[0];
  const since: readonly Inline[] = [
    ...(last?.state === 'failed' ? [`; the newest Job failed (${last.why ?? 'it does not say why'})`] : []),
    ...(cronJob.suspended ? ['; the CronJob is suspended'] : []),
  ];
  const text: Text = [
    title,
    { time: lastGood },
    ` (${describeDuration(Math.max(0, age))} ago), by the status of its CronJob`,
    ...since,
  ];
  return { text, state: age > maxAgeMs ? 'failed' : since.length > 0 ? 'unsure' : 'done' };
}

function judgeReplicas({ replicas }: ReadinessFacts): Step {
  const able = replicas.filter(({ state }) => state === 'active' || state === 'standby');
  const others = replicas
    .filter((each) => !able.includes(each))
    .map(({ name, state }) => `${name} is ${state}`);
  const text = `Replicas: ${able.length} of ${Math.max(replicas.length, fewestReplicas)} unsealed, as each says itself${others.map((each) => `; ${each}`).join('')}`;
  return { text, state: able.length >= fewestReplicas && others.length === 0 ? 'done' : 'failed' };
}

function judgeWord(item: Attestable, facts: ReadinessFacts): Step {
  const { title } = described[item];
  if (typeof facts.attestations === 'string')
    return { text: `${title}: not seen, ${facts.attestations}`, state: 'unsure' };
  const words = facts.attestations.filter((each) => each.item === item);
  if (item === 'shares' && facts.shareHolders.length > 0) return judgeHolders(words, facts);
  const [newest] = words;
  if (newest === undefined) {
    return {
      text: [
        `${title}: nobody has attested that ${described[item].claim}. `,
        { code: `/vault attest ${item}` },
      ],
      state: 'failed',
    };
  }
  const { by, at, note } = newest;
  const isOld = isTooOld(newest, facts.now);
  return {
    text: [
      `${title}: attested by `,
      { person: by },
      ' at ',
      { time: at },
      ...(note === undefined ? [] : [` (${note})`]),
      ...(isOld ? [`, too long ago: it holds for ${described[item].days} days`] : []),
    ],
    state: isOld ? 'unsure' : 'done',
  };
}

/** Each holder speaks for one share, and for nobody else's. */
function judgeHolders(words: readonly Attestation[], { shareHolders, now }: ReadinessFacts): Step {
  const confirmed = shareHolders.filter((holder) =>
    words.some((each) => each.by.id === holder.id && !isTooOld(each, now)),
  );
  const missing = shareHolders.filter((holder) => !confirmed.includes(holder));
  const oldest = words.filter((each) => confirmed.some(({ id }) => id === each.by.id)).at(-1);
  const names = missing.flatMap((person, index): Inline[] => [index === 0 ? '; not by ' : ', ', { person }]);
  return {
    text: [
      `${described.shares.title}: confirmed by ${confirmed.length} of ${shareHolders.length} holders`,
      ...(oldest === undefined ? [] : [' since ', { time: oldest.at }]),
      ...names,
      ...(missing.length === 0 ? [] : ['. Each for their own: ', { code: '/vault attest shares' }]),
    ],
    state: missing.length === 0 ? 'done' : confirmed.length === 0 ? 'failed' : 'unsure',
  };
}

function isTooOld({ item, at }: Attestation, now: number): boolean {
  return now - Date.parse(at) > described[item].days * day;
}
