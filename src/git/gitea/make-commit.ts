import { z } from 'zod';
import type { CommitId } from '../../core/git-names.ts';
import type { Call } from '../../core/ports/call.ts';
import type { Change, Committed, FileChange } from '../../core/ports/forge.ts';
import { alreadyThere, branchHoldsOther, branchMoved } from '../conflicts.ts';
import { oddAnswer } from '../faults.ts';
import { type Host, inUrl, type Request } from '../host.ts';
import { Sha } from '../shapes.ts';

const right = 'write:repository';
const Blob = z.object({ type: z.string(), sha: z.string(), content: z.string().nullish() });
const Commit = z.object({
  parents: z.array(Sha),
  files: z.array(z.object({ filename: z.string() })).nullish(),
});
const Made = z.object({ commit: z.object({ ...Sha.shape, parents: z.array(Sha) }) });

/** What a file is at a commit, and what is wanted of it. */
interface Planned {
  readonly file: FileChange;
  /** The blob there is; undefined where there is none. */
  readonly blob: string | undefined;
  readonly same: boolean;
}

/**
 * A commit by Gitea's files API, which has no tree of its own to compare. So a branch is first made at the very parent;
 * the blobs that each file is expected to be go with the change, which is refused where one is another.
 */
export async function makeCommit(
  host: Host,
  change: Change,
  head: CommitId | undefined,
  call: Call,
): Promise<Committed> {
  const { branch, parent } = change;
  if (head !== undefined && head !== parent) return found(host, change, head, call);
  const planned = await plan(host, change.files, parent, call);
  const needed = planned.filter(({ same }) => !same);
  if (needed.length === 0) throw alreadyThere(host, change);
  if (head === undefined) await makeBranch(host, change, call);
  const request: Request = {
    method: 'POST',
    path: '/contents',
    body: { branch, message: change.message, files: needed.map(operationOf) },
    doing: `committing to ${branch}`,
    right,
    also: [404, 409, 422],
  };
  const answer = await host.ask(request, call);
  if (answer.status >= 400) throw branchMoved(host, change);
  const { commit } = host.check(Made, request, answer);
  // Somebody pushed to the branch in the moment between: it is theirs and ours now, and proposed by nobody.
  if (commit.parents.length !== 1 || commit.parents[0]?.sha !== parent) throw branchMoved(host, change);
  return { commit: commit.sha, made: true };
}

/** Whether what the branch holds is this change: on that parent, these files and no others, each as wanted. */
async function found(host: Host, change: Change, head: CommitId, call: Call): Promise<Committed> {
  const request: Request = {
    path: `/git/commits/${head}?stat=false&verification=false&files=true`,
    doing: `reading commit ${head.slice(0, 8)}`,
    right: 'read:repository',
  };
  const { parents, files } = await host.read(Commit, request, call);
  const onParent = parents.length === 1 && parents[0]?.sha === change.parent;
  const wanted = new Set<string>(change.files.map(({ path }) => path));
  const others = (files ?? []).some(({ filename }) => !wanted.has(filename));
  if (!onParent || others) throw branchHoldsOther(host, change, head);
  const planned = await plan(host, change.files, head, call);
  if (planned.some(({ same }) => !same)) throw branchHoldsOther(host, change, head);
  return { commit: head, made: false };
}

function plan(
  host: Host,
  files: readonly FileChange[],
  at: CommitId,
  call: Call,
): Promise<readonly Planned[]> {
  return Promise.all(
    files.map(async (file) => {
      const request: Request = {
        path: `/contents/${inUrl(file.path)}?ref=${at}`,
        doing: `reading ${file.path}`,
        right: 'read:repository',
      };
      const there = await host.find(z.union([z.array(z.unknown()), Blob]), request, call);
      if (there === undefined) return { file, blob: undefined, same: 'remove' in file };
      if (Array.isArray(there) || there.type !== 'file')
        throw oddAnswer(host.asked(request), { status: 200 });
      return { file, blob: there.sha, same: !('remove' in file) && there.content === encode(file.text) };
    }),
  );
}

function operationOf({ file, blob }: Planned): object {
  const { path } = file;
  if ('remove' in file) return { operation: 'delete', path, sha: blob };
  const content = encode(file.text);
  return blob === undefined
    ? { operation: 'create', path, content }
    : { operation: 'update', path, sha: blob, content };
}

function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

async function makeBranch(host: Host, change: Change, call: Call): Promise<void> {
  const { branch, parent } = change;
  const body = { new_branch_name: branch, old_ref_name: parent };
  const doing = `making the branch ${branch}`;
  const answer = await host.ask({ method: 'POST', path: '/branches', body, doing, right, also: [409] }, call);
  if (answer.status >= 400) throw branchMoved(host, change);
}
