import { type Names, showEntry, showModal } from './show-as-text.ts';
import type { SeedUser, SlackSeed } from './slack/seed.ts';
import type { Entry } from './slack/shapes.ts';
import type { SlackStandIn } from './slack/start-slack.ts';

export interface Conversation {
  readonly slack: SlackStandIn;
  /** Who speaks, and in which channel: ids. */
  readonly user: string;
  readonly channel: string;
  readonly write: (text: string) => void;
  /** How long an answer may take, in milliseconds; 2 minutes when absent. */
  readonly patience?: number;
}

/** How long nothing may change after the last final card, in milliseconds: a second card can follow the first. */
const quiet = 300;
/** The same after something was done elsewhere: the bot looks at the Git host every half second. */
const quietElsewhere = 1_000;

/** Who is meant by a name as people type it. Throws, with the names there are, when nobody is. */
export function findPerson(seed: SlackSeed, name: string): SeedUser {
  const wanted = name.replace(/^@/, '').toLowerCase();
  const found = seed.users.find((user) =>
    [user.id, user.name, user.realName].some((each) => each.toLowerCase() === wanted),
  );
  if (found !== undefined) return found;
  const names = seed.users.filter((user) => user.kind !== 'bot').map((user) => user.name);
  throw new Error(`nobody is called ${name}; there are ${names.join(', ')}`);
}

/**
 * Says one line and writes what the person is answered, each card once, when it is final.
 * Resolves with whether the last card is a success or an answer; a form that opens is shown, closed, and none.
 */
export async function converse(conversation: Conversation, line: string): Promise<boolean> {
  const { slack, user, channel, write } = conversation;
  const follow = new Follow(conversation);
  try {
    write(`${follow.names.person(user)}: ${line}`);
    const seen = await slack.say({ user, channel, text: line });
    if (seen.kind === 'posted') return true;
    const ended = await follow.untilQuiet();
    if (ended === 'form') return showForm(conversation, follow.names);
    if (ended === 'late') write('No further answer came in time.');
    return ended === 'final' && follow.succeeded();
  } finally {
    follow.stop();
  }
}

/** How long something may take to be told of, in milliseconds: some of what is done on a Git host changes no card. */
const toldWithin = 5_000;

/**
 * Does something elsewhere, and writes what changes by it in what the person sees. `act` answers what a card says for as long as
 * the bot has not seen it, where one will change. Resolves as `converse` does.
 */
export async function hear(
  conversation: Conversation,
  said: string,
  act: () => Promise<RegExp | undefined>,
): Promise<boolean> {
  const follow = new Follow(conversation, quietElsewhere);
  try {
    conversation.write(said);
    follow.unseen = await act();
    const ended = await follow.untilQuiet(toldWithin);
    return ended === 'nothing' || (ended === 'final' && follow.succeeded());
  } finally {
    follow.stop();
  }
}

async function showForm({ slack, user, write }: Conversation, names: Names): Promise<boolean> {
  const view = slack.modal(user);
  if (view !== undefined) write(showModal(view, names));
  write('A form asks for what is missing. Give it in the command, or use the page.');
  await slack.closeView({ user, all: true });
  return false;
}

/** Watches what is new in everything that the person sees, and writes what is final. */
class Follow {
  readonly names: Names;
  /** What a card says that is still to change. */
  unseen: RegExp | undefined;
  readonly #options: Conversation;
  readonly #quietMs: number;
  readonly #before: ReadonlyMap<string, number>;
  readonly #written = new Map<string, number>();
  readonly #stop: () => void;
  #lastChange = performance.now();
  #wake = (): void => undefined;

  constructor(options: Conversation, quietMs = quiet) {
    this.#options = options;
    this.#quietMs = quietMs;
    this.names = namesOf(options.slack);
    this.#before = new Map(this.#all().map((entry) => [entry.ts, entry.version]));
    this.#stop = options.slack.onChange(() => {
      this.#lastChange = performance.now();
      this.#wake();
    });
  }

  stop(): void {
    this.#stop();
  }

  /** Whether the answer that changed last says that it went well. An alert that comes meanwhile answers nobody. */
  succeeded(): boolean {
    const all = this.#answers().toSorted((a, b) => a.changedAt - b.changedAt || a.ts.localeCompare(b.ts));
    const last = all.findLast((each) => each.notice !== undefined || hasRequest(each)) ?? all.at(-1);
    return last !== undefined && last.notice === undefined && /^[✓·]/u.test(last.text);
  }

  /**
   * final: something was answered, and nothing is at work. form: a modal opened instead. late: neither in time.
   * nothing: no answer began within the time for it, where there is one.
   */
  async untilQuiet(beginsWithin = Infinity): Promise<'final' | 'form' | 'late' | 'nothing'> {
    const began = performance.now();
    const deadline = began + (this.#options.patience ?? 120_000);
    for (;;) {
      this.#writeFinal();
      const now = performance.now();
      const settled = this.#isQuiet(now) ? this.#settled() : undefined;
      if (settled !== undefined) return settled;
      if (now > deadline) return 'late';
      if (now - began > beginsWithin && this.#answers().length === 0 && !this.#isUnseen()) return 'nothing';
      await this.#nextChange();
    }
  }

  #settled(): 'final' | 'form' | undefined {
    if (this.#options.slack.modal(this.#options.user) !== undefined) return 'form';
    return this.#isFinal() ? 'final' : undefined;
  }

  #isQuiet(now: number): boolean {
    return now - this.#lastChange >= this.#quietMs;
  }

  #isFinal(): boolean {
    const answers = this.#answers();
    return answers.length > 0 && !answers.some(isWorking) && !this.#isUnseen();
  }

  /** Seen by the card itself, since whatever else changes meanwhile says nothing of it. */
  #isUnseen(): boolean {
    const { unseen } = this;
    return unseen !== undefined && this.#all().some(({ text }) => unseen.test(text));
  }

  /** A change, or a while. */
  #nextChange(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, quiet / 2);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #writeFinal(): void {
    for (const entry of this.#answers()) {
      if (isWorking(entry) || this.#written.get(entry.ts) === entry.version) continue;
      this.#written.set(entry.ts, entry.version);
      this.#options.write(showEntry(entry, this.names));
    }
  }

  #answers(): readonly Entry[] {
    return this.#all().filter(
      (entry) => entry.author !== this.#options.user && this.#before.get(entry.ts) !== entry.version,
    );
  }

  #all(): readonly Entry[] {
    const { slack, user } = this.#options;
    return slack.channelsOf(user).flatMap((channel) => slack.conversation(user, channel.id));
  }
}

/** Whether it names the request that it answers, as every card of the bot does that somebody asked for. */
function hasRequest({ blocks }: Entry): boolean {
  return /"Request [0-9a-f]{8}\b/.test(JSON.stringify(blocks));
}

function isWorking(entry: Entry): boolean {
  return entry.text.startsWith('●');
}

/** Names of people and channels, for showing mentions. */
export function namesOf(slack: SlackStandIn): Names {
  const { users, channels } = slack.seed;
  return {
    person: (id) => users.find((user) => user.id === id)?.name ?? id,
    channel: (id) => channels.find((channel) => channel.id === id)?.name ?? id,
  };
}
