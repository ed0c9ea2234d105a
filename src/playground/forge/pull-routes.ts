import type { Reply } from '../http-stand-in.ts';
import type { ForgePull, ForgeState } from './forge-state.ts';
import { close, headOf, open } from './pull-state.ts';
import { type ForgeRequest, notFound, pageOf, type Route, refuse, textOf, time } from './request.ts';

/** Pull requests, what is said below them, and the statuses of commits. */
export const pullRoutes: readonly Route[] = [
  { method: 'GET', path: /^\/pulls$/, answer: listPulls },
  { method: 'POST', path: /^\/pulls$/, needs: 'pull_requests', answer: createPull },
  { method: 'GET', path: /^\/pulls\/(\d+)$/, answer: getPull },
  { method: 'PATCH', path: /^\/pulls\/(\d+)$/, needs: 'pull_requests', answer: updatePull },
  { method: 'GET', path: /^\/pulls\/(\d+)\/reviews$/, answer: listReviews },
  { method: 'GET', path: /^\/issues\/(\d+)\/comments$/, answer: listComments },
  { method: 'POST', path: /^\/issues\/(\d+)\/comments$/, needs: 'pull_requests', answer: createComment },
  { method: 'POST', path: /^\/issues\/(\d+)\/labels$/, needs: 'pull_requests', answer: addLabels },
  { method: 'GET', path: /^\/commits\/([0-9a-f]{40})\/statuses$/, answer: listStatuses },
  { method: 'POST', path: /^\/statuses\/([0-9a-f]{40})$/, needs: 'statuses', answer: createStatus },
];

const user = (login: string): object => ({ login, type: login.endsWith('[bot]') ? 'Bot' : 'User' });

function pullOf(state: ForgeState, number: string | undefined): ForgePull | undefined {
  return state.pulls.get(Number(number));
}

/** As in a list; what GitHub works out for one alone isn't in it. */
function briefBody(state: ForgeState, pull: ForgePull): object {
  const { number, title, body, draft, branch, base, head, merged, closedAt } = pull;
  const [owner = ''] = state.repository.split('/');
  return {
    number,
    node_id: `PR_${number}`,
    html_url: `https://github.com/${state.repository}/pull/${number}`,
    title,
    body: body === '' ? null : body,
    draft,
    state: pull.state,
    user: user(pull.author),
    labels: [...pull.labels].map((name) => ({ name })),
    head: { ref: branch, sha: head, label: `${owner}:${branch}`, repo: { full_name: state.repository } },
    base: { ref: base },
    created_at: time(pull.createdAt),
    updated_at: time(pull.updatedAt),
    closed_at: closedAt === undefined ? null : time(closedAt),
    merged_at: merged === undefined || closedAt === undefined ? null : time(closedAt),
    merge_commit_sha: merged?.commit ?? null,
  };
}

async function wholeBody(state: ForgeState, pull: ForgePull): Promise<object> {
  const base = await headOf(state, pull.base);
  const fits = base !== undefined && (await state.git.mergeTree(base, pull.head)) !== undefined;
  return {
    ...briefBody(state, pull),
    merged: pull.merged !== undefined,
    merged_by: pull.merged === undefined ? null : user(pull.merged.by),
    mergeable: pull.state === 'open' ? fits : null,
  };
}

function listPulls(state: ForgeState, { query }: ForgeRequest): Reply {
  const wanted = query.get('state') ?? 'open';
  const [, branch] = /^[^:]+:(.+)$/.exec(query.get('head') ?? '') ?? [];
  const all = [...state.pulls.values()]
    .filter((pull) => wanted === 'all' || pull.state === wanted)
    .filter((pull) => branch === undefined || pull.branch === branch)
    .toSorted(
      (a, b) => (query.get('sort') === 'updated' ? b.updatedAt - a.updatedAt : 0) || b.number - a.number,
    );
  return { status: 200, body: pageOf(all, query).map((pull) => briefBody(state, pull)) };
}

async function createPull(state: ForgeState, { body, who }: ForgeRequest): Promise<Reply> {
  const [branch, base] = [textOf(body, 'head'), textOf(body, 'base')];
  const draft = body['draft'] === true;
  if (draft && state.faults.noDrafts)
    return refuse(422, 'Draft pull requests are not supported in this repository.');
  const wanted = { branch, base, title: textOf(body, 'title'), body: textOf(body, 'body'), draft };
  const opened = await open(state, wanted, who.login);
  if (typeof opened !== 'string') return { status: 201, body: await wholeBody(state, opened) };
  const errors = [{ resource: 'PullRequest', code: 'custom', message: opened }];
  return { status: 422, body: { message: 'Validation Failed', errors } };
}

async function getPull(
  state: ForgeState,
  _request: ForgeRequest,
  [number]: readonly string[],
): Promise<Reply> {
  const pull = pullOf(state, number);
  return pull === undefined ? notFound : { status: 200, body: await wholeBody(state, pull) };
}

async function updatePull(
  state: ForgeState,
  { body }: ForgeRequest,
  [number]: readonly string[],
): Promise<Reply> {
  const pull = pullOf(state, number);
  if (pull === undefined) return notFound;
  if (typeof body['title'] === 'string') pull.title = body['title'];
  if (typeof body['body'] === 'string') pull.body = body['body'];
  pull.updatedAt = state.now();
  if (body['state'] === 'closed' && pull.state === 'open') close(state, pull);
  state.changed();
  return { status: 200, body: await wholeBody(state, pull) };
}

function listReviews(state: ForgeState, { query }: ForgeRequest, [number]: readonly string[]): Reply {
  const pull = pullOf(state, number);
  if (pull === undefined) return notFound;
  const all = pull.reviews.map(({ id, by, state: verdict, commit, at }) => ({
    id,
    user: user(by),
    state: verdict,
    commit_id: commit,
    submitted_at: time(at),
  }));
  return { status: 200, body: pageOf(all, query) };
}

function listComments(state: ForgeState, { query }: ForgeRequest, [number]: readonly string[]): Reply {
  const pull = pullOf(state, number);
  if (pull === undefined) return notFound;
  const all = pull.comments.map(({ id, by, body, at }) => ({
    id,
    user: user(by),
    body,
    created_at: time(at),
  }));
  return { status: 200, body: pageOf(all, query) };
}

function createComment(state: ForgeState, { body, who }: ForgeRequest, [number]: readonly string[]): Reply {
  const pull = pullOf(state, number);
  if (pull === undefined) return notFound;
  const said = { id: state.next(), by: who.login, body: textOf(body, 'body'), at: state.now() };
  pull.comments.push(said);
  pull.updatedAt = state.now();
  state.changed();
  return { status: 201, body: { id: said.id, user: user(said.by), body: said.body } };
}

function addLabels(state: ForgeState, { body }: ForgeRequest, [number]: readonly string[]): Reply {
  const pull = pullOf(state, number);
  if (pull === undefined) return notFound;
  for (const label of (body['labels'] as readonly string[] | undefined) ?? []) pull.labels.add(label);
  pull.updatedAt = state.now();
  state.changed();
  return { status: 200, body: [...pull.labels].map((name) => ({ name })) };
}

function listStatuses(state: ForgeState, { query }: ForgeRequest, [sha = '']: readonly string[]): Reply {
  const all = (state.statuses.get(sha) ?? []).toReversed().map((status) => ({
    id: status.id,
    context: status.context,
    state: status.state,
    description: status.description,
    target_url: status.url,
    creator: user(status.by),
  }));
  return { status: 200, body: pageOf(all, query) };
}

async function createStatus(
  state: ForgeState,
  { body, who }: ForgeRequest,
  [sha = '']: readonly string[],
): Promise<Reply> {
  if ((await state.git.resolve(sha)) === undefined) return refuse(422, `No commit found for SHA: ${sha}`);
  const description = textOf(body, 'description');
  if (description.length > 140) return refuse(422, 'Validation Failed');
  const status = {
    id: state.next(),
    context: textOf(body, 'context'),
    state: textOf(body, 'state'),
    description,
    url: textOf(body, 'target_url') || null,
    by: who.login,
    at: state.now(),
  };
  state.statuses.set(sha, [...(state.statuses.get(sha) ?? []), status]);
  state.changed();
  return { status: 201, body: { id: status.id, context: status.context, state: status.state } };
}
