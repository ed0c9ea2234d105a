import { showEntry, showModal } from '../../src/playground/show-as-text.ts';
import { channels, people } from '../../src/playground/slack/seed.ts';
import type { Entry, OpenView } from '../../src/playground/slack/shapes.ts';
import { namesOf } from '../../src/playground/text-client.ts';
import type { BotWorld } from '../support/bot-world.ts';

/** Who speaks unless told: Ada, who may do everything. */
const admin: string = people.admin;

export type State = 'success' | 'warning' | 'failure' | 'info';

/** A card in its last state, as the person sees it. */
export interface Answered {
  readonly entry: Entry;
  readonly state: State;
  /** The whole card as lines. */
  readonly text: string;
}

export interface Asking {
  /** Ada, who may do everything, unless told. */
  readonly as?: string;
  readonly channel?: string;
  /** Only cards that say this; needed where others are asked for at the same time. */
  readonly about?: string;
  readonly deadlineMs?: number;
}

const states: Readonly<Record<string, State>> = {
  '✓': 'success',
  '▲': 'warning',
  '✗': 'failure',
  '·': 'info',
};

/** Says a line and resolves with the card that answers it, in its last state. */
export async function ask(world: BotWorld, line: string, asking: Asking = {}): Promise<Answered> {
  const next = nextCard(world, asking);
  const { slack } = world;
  const seen = await slack.say({
    user: asking.as ?? admin,
    channel: asking.channel ?? channels.platform,
    text: line,
  });
  if (seen.kind !== 'acknowledged') throw new Error(`${line}: ${seen.kind}`);
  return next(line);
}

/** Presses the button with this label and resolves with the next card. */
export async function pressAndSee(
  world: BotWorld,
  entry: Entry,
  label: string,
  asking: Asking = {},
): Promise<Answered> {
  const next = nextCard(world, asking);
  await press(world, entry, label, asking.as);
  return next(`the button ${label}`);
}

/** Presses the button with this label. */
export async function press(world: BotWorld, entry: Entry, label: string, as = admin): Promise<void> {
  const { channel, ts } = entry;
  const actionId = buttonsOf(entry).find((button) => button.text.text === label)?.action_id;
  if (actionId === undefined) throw new Error(`the card has no button ${label}`);
  const seen = await world.slack.press({ user: as, message: { channel, ts }, actionId });
  if (seen.kind !== 'acknowledged') throw new Error(`the button ${label}: ${seen.kind}`);
}

interface ShownButton {
  readonly action_id: string;
  readonly value: string;
  readonly text: { readonly text: string };
}

/** The buttons of a card. */
export function buttonsOf({ blocks }: Entry): readonly ShownButton[] {
  return blocks
    .filter(({ type }) => type === 'actions')
    .flatMap((block) => block['elements'] as readonly ShownButton[]);
}

/** Says a line that opens a form, and resolves with the form. */
export async function askForForm(world: BotWorld, line: string, as = admin): Promise<OpenView> {
  const before = world.slack.modal(as)?.id;
  await world.slack.say({ user: as, channel: channels.platform, text: line });
  return world.slack.until(() => {
    const view = world.slack.modal(as);
    return view !== undefined && view.id !== before && view;
  }, `the form of ${line}`);
}

/** A form as lines. */
export function formText(world: BotWorld, view: OpenView): string {
  return showModal(view, namesOf(world.slack));
}

/** Begins to look: what is there now is not the answer. */
export function nextCard(world: BotWorld, asking: Asking = {}): (what: string) => Promise<Answered> {
  const { as = admin, about = '', deadlineMs = 45_000 } = asking;
  const before = new Set(cardsOf(world, as).map(({ ts }) => ts));
  const names = namesOf(world.slack);
  const isAnswer = (entry: Entry): boolean =>
    !before.has(entry.ts) &&
    states[entry.text.charAt(0)] !== undefined &&
    showEntry(entry, names).includes(about);
  return async (what) => {
    const entry = await world.slack.until(
      () => cardsOf(world, as).find(isAnswer),
      `the answer to ${what}`,
      deadlineMs,
    );
    return { entry, state: states[entry.text.charAt(0)] ?? 'info', text: showEntry(entry, names) };
  };
}

/** Every card of the bot that a person sees, wherever. */
export function cardsOf({ slack }: BotWorld, as = admin): readonly Entry[] {
  return slack
    .channelsOf(as)
    .flatMap(({ id }) => slack.conversation(as, id))
    .filter(({ fromApp }) => fromApp);
}
