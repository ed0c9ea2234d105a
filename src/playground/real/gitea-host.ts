import { z } from 'zod';
import type { GitHost, PullAction, PullShown, ReviewShown, StatusShown } from '../forge/git-host.ts';
import { readDiff } from '../forge/read-diff.ts';
import type { GitAccount } from './servers.ts';

/*
 * A real Gitea as people use it by its pages, by way of its API: https://docs.gitea.com/api. Everything is asked for as
 * its administrator sees it; what somebody does is done with an account of their own.
 */

/** How often it is looked at while somebody looks at the page, in milliseconds. */
const lookMs = 700;
/** Pull requests that are shown. */
const most = 30;
/** How long Gitea may take to find out whether one can be merged, in milliseconds. */
const checkMs = 10_000;

const Named = z.object({ login: z.string() });
const Pull = z.object({
  number: z.int(),
  title: z.string(),
  body: z.string().nullable(),
  html_url: z.string(),
  draft: z.boolean().default(false),
  state: z.enum(['open', 'closed']),
  merged: z.boolean(),
  merged_by: Named.nullish(),
  updated_at: z.string(),
  user: Named,
  labels: z.array(z.object({ name: z.string() })).nullable(),
  base: z.object({ ref: z.string() }),
  head: z.object({ ref: z.string(), sha: z.string() }),
});
type Pull = z.infer<typeof Pull>;
const Combined = z.object({
  statuses: z
    .array(
      z.object({
        context: z.string(),
        status: z.string(),
        description: z.string(),
        creator: Named.nullish(),
      }),
    )
    .nullish(),
});
const Reviews = z.array(
  z.object({ user: Named.nullish(), state: z.string(), commit_id: z.string(), dismissed: z.boolean() }),
);
const Comments = z.array(z.object({ user: Named, body: z.string() }));
const File = z.object({ sha: z.string(), content: z.string() });
const Refusal = z.object({ message: z.string() });

export interface GiteaHostOptions {
  /** `owner/name`. */
  readonly repository: string;
  /** Checks that its base branch requires. */
  readonly required: readonly string[];
  readonly admin: GitAccount;
  /** Who has an account, by its name. */
  readonly people: ReadonlyMap<string, GitAccount>;
}

/** The repository's pull requests, and what people do about them. */
export function giteaHost(options: GiteaHostOptions): GitHost {
  const at = `repos/${options.repository}`;
  const ended = new Map<number, { readonly updated: string; readonly shown: PullShown }>();

  async function describe(pull: Pull): Promise<PullShown> {
    const { number, state, updated_at: updated } = pull;
    const known = ended.get(number);
    if (state === 'closed' && known?.updated === updated) return known.shown;
    const shown = await describePull(options, at, pull);
    if (state === 'closed') ended.set(number, { updated, shown });
    return shown;
  }

  return {
    async pulls() {
      const found = z
        .array(Pull)
        .parse(await options.admin.need('GET', `${at}/pulls?state=all&limit=${most}`));
      const newestFirst = found.toSorted((a, b) => b.number - a.number);
      return Promise.all(newestFirst.map(describe));
    },
    async act(action) {
      const person = options.people.get(action.login);
      if (person === undefined) throw new Error(`${action.login} has no account`);
      const pull = Pull.parse(await options.admin.need('GET', `${at}/pulls/${action.number}`));
      if (pull.state !== 'open') {
        throw new Error(`pull request #${pull.number} is ${pull.merged ? 'merged' : 'closed'}`);
      }
      await acts[action.act](person, at, pull);
    },
    onChange(listener) {
      const timer = setInterval(listener, lookMs).unref();
      return () => clearInterval(timer);
    },
  };
}

async function describePull(
  { admin, required }: GiteaHostOptions,
  at: string,
  pull: Pull,
): Promise<PullShown> {
  const { number, head } = pull;
  const [status, reviews, comments, diff] = await Promise.all([
    admin.need('GET', `${at}/commits/${head.sha}/status`).then((body) => Combined.parse(body)),
    admin.need('GET', `${at}/pulls/${number}/reviews`).then((body) => Reviews.parse(body)),
    admin.need('GET', `${at}/issues/${number}/comments`).then((body) => Comments.parse(body)),
    admin.need('GET', `${at}/pulls/${number}.diff`).then((body) => z.string().default('').parse(body)),
  ]);
  return {
    number,
    title: pull.title,
    body: pull.body ?? '',
    url: pull.html_url,
    state: stateOf(pull),
    author: pull.user.login,
    branch: pull.head.ref,
    base: pull.base.ref,
    head: head.sha.slice(0, 8),
    labels: (pull.labels ?? []).map(({ name }) => name),
    ...(pull.merged && pull.merged_by ? { mergedBy: pull.merged_by.login } : {}),
    statuses: statusesOf(status, required),
    reviews: reviews.flatMap((review) => reviewOf(review, head.sha)),
    comments: comments.map(({ user, body }) => ({ by: user.login, body })),
    files: readDiff(diff),
  };
}

function stateOf({ merged, state, draft }: Pull): PullShown['state'] {
  if (merged) return 'merged';
  if (state === 'closed') return 'closed';
  return draft ? 'draft' : 'open';
}

/** Those that are there, and those that are required and not there yet. */
function statusesOf(
  { statuses }: z.infer<typeof Combined>,
  required: readonly string[],
): readonly StatusShown[] {
  const newest = new Map((statuses ?? []).map((each) => [each.context, each]));
  return [...new Set([...required, ...newest.keys()])].map((context) => {
    const { status = 'expected', description = '', creator } = newest.get(context) ?? {};
    const by = creator?.login ?? '';
    return { context, state: status, description, by, required: required.includes(context) };
  });
}

const verdicts: Readonly<Record<string, ReviewShown['verdict']>> = {
  APPROVED: 'APPROVED',
  REQUEST_CHANGES: 'CHANGES_REQUESTED',
  COMMENT: 'COMMENTED',
};

/** Nothing of one that was only asked for. */
function reviewOf(
  { user, state, commit_id, dismissed }: z.infer<typeof Reviews>[number],
  head: string,
): readonly ReviewShown[] {
  const verdict = dismissed ? 'DISMISSED' : verdicts[state];
  return verdict === undefined ? [] : [{ by: user?.login ?? '', verdict, old: commit_id !== head }];
}

type Act = (person: GitAccount, at: string, pull: Pull) => Promise<unknown>;

const acts: Readonly<Record<PullAction['act'], Act>> = {
  approve: (person, at, { number, head }) =>
    ask(person, 'POST', `${at}/pulls/${number}/reviews`, { event: 'APPROVED', commit_id: head.sha }),
  async push(person, at, { head }) {
    const path = `${at}/contents/README.md`;
    const found = await person.call('GET', `${path}?ref=${encodeURIComponent(head.ref)}`);
    const { sha, content } = found.status === 200 ? File.parse(found.body) : { sha: undefined, content: '' };
    const text = `${Buffer.from(content, 'base64').toString()}\n${person.name} was here.\n`;
    return ask(person, sha === undefined ? 'POST' : 'PUT', path, {
      branch: head.ref,
      message: `Push another commit as ${person.name}`,
      content: Buffer.from(text).toString('base64'),
      ...(sha === undefined ? {} : { sha }),
    });
  },
  merge: (person, at, { number }) => merge(person, `${at}/pulls/${number}/merge`),
  close: (person, at, { number }) => ask(person, 'PATCH', `${at}/pulls/${number}`, { state: 'closed' }),
};

/** Asked again while Gitea still looks whether it can be merged: it says so with the status of a refusal. */
async function merge(person: GitAccount, path: string): Promise<void> {
  const end = performance.now() + checkMs;
  for (;;) {
    try {
      await ask(person, 'POST', path, { Do: 'squash' });
      return;
    } catch (error) {
      const isLooking = error instanceof Error && /try again later/i.test(error.message);
      if (!isLooking || performance.now() > end) throw error;
    }
    await new Promise((resolve) => {
      setTimeout(resolve, 200);
    });
  }
}

/** Throws what the host said, where it refuses. */
async function ask(person: GitAccount, method: string, path: string, body: object): Promise<void> {
  const answer = await person.call(method, path, body);
  if (answer.status >= 200 && answer.status < 300) return;
  const said = Refusal.safeParse(answer.body);
  throw new Error(
    said.success && said.data.message !== '' ? said.data.message : `it answered ${answer.status}`,
  );
}
