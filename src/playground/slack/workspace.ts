import { randomBytes } from 'node:crypto';
import type { SeedChannel, SeedUser, SlackSeed } from './seed.ts';
import type { Block, Content, Entry, NoticeKind, StoredMessage, Version } from './shapes.ts';

/** What changed; listeners look up the rest. */
export type Change =
  | { readonly kind: 'message'; readonly channel: string; readonly ts: string; readonly onlyFor?: string }
  | { readonly kind: 'modal'; readonly user: string }
  | { readonly kind: 'connections' };

export interface Channel extends SeedChannel {
  /** Direct messages between the app and this person. */
  readonly directWith?: string;
}

export interface NewMessage extends Content {
  readonly channel: string;
  readonly author: string;
  readonly threadTs?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly onlyFor?: string;
  readonly notice?: NoticeKind;
}

/** People, channels and messages of the workspace, with every state that a message ever had. */
export class Workspace {
  readonly seed: SlackSeed;
  readonly users: ReadonlyMap<string, SeedUser>;
  readonly #channels = new Map<string, Channel>();
  readonly #messages = new Map<string, StoredMessage>();
  readonly #listeners = new Set<(change: Change) => void>();
  #lastMicros = 0;

  constructor(seed: SlackSeed) {
    this.seed = seed;
    this.users = new Map(seed.users.map((user) => [user.id, user]));
    for (const channel of seed.channels) this.#channels.set(channel.id, channel);
  }

  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changed(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }

  get channels(): readonly Channel[] {
    return [...this.#channels.values()];
  }

  /** A channel by its id, or by `#name`. */
  channel(name: string): Channel | undefined {
    const bare = name.replace(/^#/, '');
    return this.#channels.get(name) ?? this.channels.find((each) => each.name === bare && !each.directWith);
  }

  /** The direct messages of the app with a person, opened when there are none yet. */
  direct(user: string): Channel {
    const id = `D${user.slice(1)}`;
    const known = this.#channels.get(id);
    if (known !== undefined) return known;
    const channel: Channel = {
      id,
      name: 'directmessage',
      private: true,
      purpose: '',
      members: [user, this.seed.app.botUser],
      directWith: user,
    };
    this.#channels.set(id, channel);
    return channel;
  }

  setMember(channel: string, user: string, isMember: boolean): void {
    const known = this.#channels.get(channel);
    if (known === undefined) return;
    const others = known.members.filter((each) => each !== user);
    this.#channels.set(channel, { ...known, members: isMember ? [...others, user] : others });
  }

  /** Every message, ephemeral and deleted ones too, in the order they were posted. */
  get history(): readonly StoredMessage[] {
    return [...this.#messages.values()];
  }

  message(channel: string, ts: string): StoredMessage | undefined {
    const found = this.#messages.get(ts);
    return found?.channel === channel ? found : undefined;
  }

  post(message: NewMessage): StoredMessage {
    const { text, blocks, ...rest } = message;
    const stored: StoredMessage = {
      ...rest,
      ts: this.#nextTs(),
      versions: [version({ text, blocks })],
      reactions: [],
      deleted: false,
    };
    this.#store(stored);
    return stored;
  }

  edit(message: StoredMessage, content: Content): StoredMessage {
    const edited = { ...message, versions: [...message.versions, version(content)] };
    this.#store(edited);
    return edited;
  }

  remove(message: StoredMessage): void {
    this.#store({ ...message, deleted: true });
  }

  react(message: StoredMessage, reactions: readonly string[]): void {
    this.#store({ ...message, reactions });
  }

  /** What one person sees in a channel now, oldest first. */
  conversation(user: string, channel: string): readonly Entry[] {
    const place = this.channel(channel);
    if (place === undefined || !place.members.includes(user)) return [];
    return this.history
      .filter((each) => each.channel === place.id && !each.deleted)
      .filter((each) => each.onlyFor === undefined || each.onlyFor === user)
      .map((each) => this.entry(each));
  }

  entry(message: StoredMessage): Entry {
    const latest = latestVersion(message);
    return {
      ts: message.ts,
      channel: message.channel,
      author: message.author,
      authorName: this.users.get(message.author)?.realName ?? 'Slackbot',
      fromApp: message.author === this.seed.app.botUser,
      ephemeral: message.onlyFor !== undefined,
      text: latest.text,
      blocks: latest.blocks,
      reactions: message.reactions,
      version: message.versions.length,
      changedAt: latest.at,
      ...(message.notice === undefined ? {} : { notice: message.notice }),
      ...(message.threadTs === undefined ? {} : { threadTs: message.threadTs }),
    };
  }

  #store(message: StoredMessage): void {
    this.#messages.set(message.ts, message);
    const onlyFor = message.onlyFor === undefined ? {} : { onlyFor: message.onlyFor };
    this.changed({ kind: 'message', channel: message.channel, ts: message.ts, ...onlyFor });
  }

  /** Unique and growing, as Slack's: seconds and microseconds. */
  #nextTs(): string {
    this.#lastMicros = Math.max(this.#lastMicros + 1, Date.now() * 1000);
    return `${Math.floor(this.#lastMicros / 1e6)}.${String(this.#lastMicros % 1e6).padStart(6, '0')}`;
  }
}

/** The state that a message is in now. */
export function latestVersion(message: StoredMessage): Version {
  return message.versions.at(-1) ?? { text: '', blocks: [], at: 0 };
}

function version(content: Content): Version {
  return { text: content.text, blocks: content.blocks, at: Date.now() };
}

/** An id as Slack makes them: a letter and random upper-case characters. */
export function randomId(prefix: string): string {
  return prefix + randomBytes(6).toString('hex').toUpperCase().slice(0, 10);
}

/** Gives every block and element an id, as Slack does, so that an action can be told from another. */
export function withIds(blocks: readonly Block[]): readonly Block[] {
  return blocks.map((block) => ({
    ...named(block),
    block_id: block.block_id ?? randomBytes(4).toString('base64url').slice(0, 5),
  }));
}

function named(block: Block): Block {
  const give = (element: unknown): unknown =>
    isInteractive(element)
      ? { ...element, action_id: element.action_id ?? randomBytes(4).toString('base64url') }
      : element;
  return {
    ...block,
    ...(block['accessory'] === undefined ? {} : { accessory: give(block['accessory']) }),
    ...(block['element'] === undefined ? {} : { element: give(block['element']) }),
    ...(Array.isArray(block['elements']) ? { elements: block['elements'].map(give) } : {}),
  };
}

const plain = new Set([
  'image',
  'mrkdwn',
  'plain_text',
  'rich_text_section',
  'rich_text_list',
  'rich_text_quote',
  'rich_text_preformatted',
]);

function isInteractive(element: unknown): element is { readonly type: string; readonly action_id?: string } {
  if (typeof element !== 'object' || element === null || !('type' in element)) return false;
  return typeof element.type === 'string' && !plain.has(element.type);
}
