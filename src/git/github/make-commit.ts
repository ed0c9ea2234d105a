import { z } from 'zod';
import { CommitId } from '../../core/git-names.ts';
import type { Call } from '../../core/ports/call.ts';
import type { Change, Committed } from '../../core/ports/forge.ts';
import { alreadyThere, branchHoldsOther, branchMoved } from '../conflicts.ts';
import { type Host, inUrl, type Request } from '../host.ts';
import { Sha } from '../shapes.ts';

const right = 'Contents: write';
const Tree = z.object({ sha: z.string().regex(/^[0-9a-f]{40,64}$/) });
const Commit = z.object({ sha: CommitId, tree: Tree, parents: z.array(Sha) });

/**
 * A commit by Git's own objects. The tree comes first: it is named by what it holds, so making it again makes nothing,
 * and it tells exactly whether a branch holds this change already.
 */
export async function makeCommit(
  host: Host,
  change: Change,
  head: CommitId | undefined,
  call: Call,
): Promise<Committed> {
  const { branch, parent } = change;
  const before = await host.read(Commit, look(parent), call);
  const tree = await makeTree(host, change, before.tree.sha, call);
  if (tree === before.tree.sha) throw alreadyThere(host, change);
  if (head !== undefined && head !== parent) {
    const now = await host.read(Commit, look(head), call);
    if (now.tree.sha !== tree || !isOnly(now.parents, parent)) throw branchHoldsOther(host, change, head);
    return { commit: head, made: false };
  }
  const body = { message: change.message, tree, parents: [parent] };
  const doing = `committing to ${branch}`;
  const made = await host.read(Sha, { method: 'POST', path: '/git/commits', body, doing, right }, call);
  const point: Request =
    head === undefined
      ? { method: 'POST', path: '/git/refs', body: { ref: `refs/heads/${branch}`, sha: made.sha }, doing }
      : {
          method: 'PATCH',
          path: `/git/refs/heads/${inUrl(branch)}`,
          body: { sha: made.sha, force: false },
          doing,
        };
  const answer = await host.ask({ ...point, right, also: [409, 422] }, call);
  // Somebody was faster, perhaps this very bot: asked again, it is looked at what they made.
  if (answer.status >= 400) throw branchMoved(host, change);
  return { commit: made.sha, made: true };
}

function isOnly(parents: readonly { readonly sha: CommitId }[], parent: CommitId): boolean {
  return parents.length === 1 && parents[0]?.sha === parent;
}

function look(commit: CommitId): Request {
  return {
    path: `/git/commits/${commit}`,
    doing: `reading commit ${commit.slice(0, 8)}`,
    right: 'Contents: read',
  };
}

async function makeTree(host: Host, { branch, files }: Change, base: string, call: Call): Promise<string> {
  const entries = files.map((file) => ({
    path: file.path,
    mode: '100644',
    type: 'blob',
    ...('remove' in file ? { sha: null } : { content: file.text }),
  }));
  const request: Request = {
    method: 'POST',
    path: '/git/trees',
    body: { base_tree: base, tree: entries },
    doing: `committing to ${branch}`,
    right,
  };
  return (await host.read(Tree, request, call)).sha;
}
