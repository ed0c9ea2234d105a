import type { Reply } from '../http-stand-in.ts';
import type { TreeChange } from './bare-repository.ts';
import type { ForgeState } from './forge-state.ts';
import { headOf, settleBranch } from './pull-state.ts';
import { type ForgeRequest, notFound, type Route, refuse, textOf } from './request.ts';

const invalid = (message: string): Reply => refuse(422, message);

/** Git's own objects and references, and the files of a commit. */
export const gitRoutes: readonly Route[] = [
  { method: 'GET', path: /^\/git\/ref\/heads\/(.+)$/, answer: getRef },
  { method: 'POST', path: /^\/git\/refs$/, needs: 'contents', answer: createRef },
  { method: 'PATCH', path: /^\/git\/refs\/heads\/(.+)$/, needs: 'contents', answer: updateRef },
  { method: 'DELETE', path: /^\/git\/refs\/heads\/(.+)$/, needs: 'contents', answer: deleteRef },
  { method: 'GET', path: /^\/git\/commits\/([0-9a-f]{40})$/, answer: getCommit },
  { method: 'POST', path: /^\/git\/commits$/, needs: 'contents', answer: createCommit },
  { method: 'POST', path: /^\/git\/trees$/, needs: 'contents', answer: createTree },
  { method: 'GET', path: /^\/git\/trees\/([0-9a-f]{40})$/, answer: getTree },
  { method: 'GET', path: /^\/contents(?:\/(.*))?$/, answer: getContents },
  { method: 'GET', path: /^\/compare\/([0-9a-f]{40})\.\.\.([0-9a-f]{40})$/, answer: compare },
];

function refBody(branch: string, sha: string): object {
  return { ref: `refs/heads/${branch}`, object: { type: 'commit', sha } };
}

async function getRef(
  state: ForgeState,
  _request: ForgeRequest,
  [branch = '']: readonly string[],
): Promise<Reply> {
  const sha = await headOf(state, branch);
  return sha === undefined ? notFound : { status: 200, body: refBody(branch, sha) };
}

async function createRef(state: ForgeState, { body }: ForgeRequest): Promise<Reply> {
  const [, branch] = /^refs\/heads\/(.+)$/.exec(textOf(body, 'ref')) ?? [];
  const sha = textOf(body, 'sha');
  if (branch === undefined) return invalid("Reference name must start with 'refs/'");
  if ((await state.git.resolve(sha)) !== sha) return invalid('Object does not exist');
  const made = await state.git.moveBranch(branch, sha, undefined);
  if (!made) return invalid('Reference already exists');
  state.changed();
  return { status: 201, body: refBody(branch, sha) };
}

async function updateRef(
  state: ForgeState,
  { body }: ForgeRequest,
  [branch = '']: readonly string[],
): Promise<Reply> {
  const now = await headOf(state, branch);
  const sha = textOf(body, 'sha');
  if (now === undefined) return invalid('Reference does not exist');
  if ((await state.git.resolve(sha)) !== sha) return invalid('Object does not exist');
  const forward = body['force'] === true || (await state.git.isAncestor(now, sha));
  if (!forward || !(await state.git.moveBranch(branch, sha, now))) {
    return invalid('Update is not a fast forward');
  }
  await settleBranch(state, branch);
  return { status: 200, body: refBody(branch, sha) };
}

async function deleteRef(
  state: ForgeState,
  _request: ForgeRequest,
  [branch = '']: readonly string[],
): Promise<Reply> {
  const now = await headOf(state, branch);
  if (now === undefined || !(await state.git.moveBranch(branch, undefined, now))) {
    return invalid('Reference does not exist');
  }
  await settleBranch(state, branch);
  return { status: 204 };
}

async function getCommit(
  state: ForgeState,
  _request: ForgeRequest,
  [sha = '']: readonly string[],
): Promise<Reply> {
  const found = await state.git.commit(sha);
  if (found === undefined) return notFound;
  const parents = found.parents.map((parent) => ({ sha: parent }));
  return { status: 200, body: { sha, tree: { sha: found.tree }, parents, message: found.message } };
}

async function createCommit(state: ForgeState, { body, who }: ForgeRequest): Promise<Reply> {
  const parents = (body['parents'] as readonly string[] | undefined) ?? [];
  const tree = textOf(body, 'tree');
  const sha = await state.git.makeCommit({
    tree,
    parents,
    message: textOf(body, 'message'),
    author: who.login,
  });
  return sha === undefined ? invalid('Tree SHA does not exist') : { status: 201, body: { sha } };
}

interface Entry {
  readonly path: string;
  readonly content?: string;
  readonly sha?: string | null;
}

async function createTree(state: ForgeState, { body }: ForgeRequest): Promise<Reply> {
  const entries = (body['tree'] as readonly Entry[] | undefined) ?? [];
  const changes = entries.map(({ path, content, sha }): TreeChange => {
    return { path, text: sha === null ? null : (content ?? '') };
  });
  const sha = await state.git.makeTree(textOf(body, 'base_tree'), changes).catch(() => undefined);
  return sha === undefined ? invalid('GitRPC::BadObjectState') : { status: 201, body: { sha } };
}

/** One level, or with `recursive` the whole; cut where there is more than is told at once, without a way to the rest. */
async function getTree(
  state: ForgeState,
  { query }: ForgeRequest,
  [sha = '']: readonly string[],
): Promise<Reply> {
  if ((await state.git.resolve(sha)) === undefined) return notFound;
  const all = await state.git.entries(sha);
  const wanted = query.has('recursive') ? all : all.filter(({ path }) => !path.includes('/'));
  const { mostEntries } = state.faults;
  const tree = wanted.slice(0, mostEntries).map(({ path, mode, type, sha: id }) => {
    return { path, mode, type: type === 'dir' ? 'tree' : 'blob', sha: id };
  });
  return { status: 200, body: { sha, tree, truncated: wanted.length > mostEntries } };
}

async function getContents(
  state: ForgeState,
  { query }: ForgeRequest,
  [path = '']: readonly string[],
): Promise<Reply> {
  const ref = await state.git.resolve(query.get('ref') ?? 'main');
  if (ref === undefined) return refuse(404, 'No commit found for the ref');
  const entries = await state.git.list(ref, path);
  if (entries !== undefined) {
    return { status: 200, body: entries.map(({ name, type, sha }) => ({ name, type, sha })) };
  }
  const file = await state.git.read(ref, path);
  if (file === undefined) return notFound;
  const bytes = Buffer.from(file);
  const size = bytes.length;
  // Above a megabyte there is no content in it, as on GitHub.
  const content = size > 1024 * 1024 ? '' : (bytes.toString('base64').match(/.{1,60}/g) ?? []).join('\n');
  const encoding = content === '' && size > 0 ? 'none' : 'base64';
  return { status: 200, body: { type: 'file', size, encoding, content } };
}

async function compare(
  state: ForgeState,
  _request: ForgeRequest,
  [base = '', head = '']: readonly string[],
): Promise<Reply> {
  const known = await Promise.all([state.git.resolve(base), state.git.resolve(head)]);
  if (known.includes(undefined)) return notFound;
  const [ahead, behind] = await Promise.all([state.git.between(base, head), state.git.between(head, base)]);
  const status =
    ahead.length > 0
      ? behind.length > 0
        ? 'diverged'
        : 'ahead'
      : behind.length > 0
        ? 'behind'
        : 'identical';
  return { status: 200, body: { status, ahead_by: ahead.length, behind_by: behind.length } };
}
