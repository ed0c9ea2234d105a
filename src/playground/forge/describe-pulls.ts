import type { ForgePull, ForgeReview } from './forge-state.ts';
import type { ForgeStandIn } from './start-forge.ts';

/** A pull request as its page shows it. */
export interface PullShown {
  readonly number: number;
  readonly title: string;
  /** Markdown. */
  readonly body: string;
  readonly url: string;
  readonly state: 'draft' | 'open' | 'merged' | 'closed';
  readonly author: string;
  readonly branch: string;
  readonly base: string;
  /** The first eight digits of its newest commit. */
  readonly head: string;
  readonly labels: readonly string[];
  readonly mergedBy?: string;
  readonly statuses: readonly StatusShown[];
  readonly reviews: readonly ReviewShown[];
  readonly comments: readonly { readonly by: string; readonly body: string }[];
  readonly files: readonly FileShown[];
}

export interface StatusShown {
  readonly context: string;
  readonly state: string;
  readonly description: string;
  readonly by: string;
  readonly required: boolean;
}

export interface ReviewShown {
  readonly by: string;
  readonly verdict: ForgeReview['state'];
  /** Of an earlier commit than the newest. */
  readonly old: boolean;
}

export interface FileShown {
  readonly path: string;
  readonly added: number;
  readonly removed: number;
  readonly lines: readonly LineShown[];
}

/** place: where in the file the next lines are. */
export interface LineShown {
  readonly kind: 'place' | 'same' | 'added' | 'removed';
  readonly text: string;
}

/** Every pull request, newest first. */
export function describePulls(forge: ForgeStandIn): Promise<readonly PullShown[]> {
  return Promise.all(forge.pulls().map((pull) => describePull(forge, pull)));
}

async function describePull(forge: ForgeStandIn, pull: ForgePull): Promise<PullShown> {
  const { number, title, body, author, branch, base, head, merged } = pull;
  return {
    number,
    title,
    body,
    url: `https://github.com/${forge.repository}/pull/${number}`,
    state: stateOf(pull),
    author,
    branch,
    base,
    head: head.slice(0, 8),
    labels: [...pull.labels],
    ...(merged === undefined ? {} : { mergedBy: merged.by }),
    statuses: newestStatuses(forge, head),
    reviews: pull.reviews.map(({ by, state, commit }) => ({ by, verdict: state, old: commit !== head })),
    comments: pull.comments.map(({ by, body: text }) => ({ by, body: text })),
    files: readDiff(await forge.diff(number)),
  };
}

function stateOf({ state, draft, merged }: ForgePull): PullShown['state'] {
  if (merged !== undefined) return 'merged';
  if (state === 'closed') return 'closed';
  return draft ? 'draft' : 'open';
}

/** The newest of each context, and those that are required and not there yet. */
function newestStatuses(forge: ForgeStandIn, commit: string): readonly StatusShown[] {
  const { required } = forge;
  const newest = new Map(forge.statusesOf(commit).map((each) => [each.context, each]));
  const contexts = [...new Set([...required, ...newest.keys()])];
  return contexts.map((context) => {
    const { state = 'expected', description = '', by = '' } = newest.get(context) ?? {};
    return { context, state, description, by, required: required.has(context) };
  });
}

const kinds: Readonly<Record<string, LineShown['kind']>> = {
  '@': 'place',
  ' ': 'same',
  '+': 'added',
  '-': 'removed',
};

/** The files of what `git diff` wrote. */
function readDiff(text: string): readonly FileShown[] {
  return text
    .split(/^diff --git .*\n/m)
    .slice(1)
    .map((file) => {
      const [head = '', ...parts] = file.split(/^(?=@@ )/m);
      const [, gone = '', made = ''] = /^--- (?:a\/)?(.*)\n\+\+\+ (?:b\/)?(.*)$/m.exec(head) ?? [];
      const lines = parts.join('').split('\n').flatMap(lineOf);
      const count = (kind: LineShown['kind']): number => lines.filter((line) => line.kind === kind).length;
      return {
        path: made === '/dev/null' ? gone : made,
        added: count('added'),
        removed: count('removed'),
        lines,
      };
    });
}

function lineOf(line: string): readonly LineShown[] {
  const kind = kinds[line.charAt(0)];
  if (kind === undefined) return [];
  return [{ kind, text: kind === 'place' ? line : line.slice(1) }];
}
