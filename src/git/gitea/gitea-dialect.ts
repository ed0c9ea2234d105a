import { z } from 'zod';
import { CommitId } from '../../core/git-names.ts';
import type { Call } from '../../core/ports/call.ts';
import type { Dialect } from '../dialect.ts';
import { type Host, inUrl } from '../host.ts';
import { Account } from '../shapes.ts';
import { makeCommit } from './make-commit.ts';

const read = 'read:repository';
const write = 'write:repository';
const Branch = z.object({ commit: z.object({ id: CommitId }) });
const Protected = z.object({
  enable_status_check: z.boolean(),
  status_check_contexts: z.array(z.string()).nullish(),
  user_can_push: z.boolean(),
});
const post = { method: 'POST', doing: 'looking at the rights of the token' } as const;
const Comparison = z.object({ total_commits: z.int() });
const Label = z.object({ id: z.int(), name: z.string() });
/** Gitea has no drafts but by this mark in front of a title; people also write the others that it knows by default. */
const mark = 'WIP: ';
const marks = /^(?:WIP:|\[WIP\])\s*/i;

/** Gitea and Forgejo. */
export function giteaDialect(host: Host): Dialect {
  return {
    host: 'gitea',
    async bot(call) {
      const request = {
        path: '/user',
        of: 'api',
        doing: 'asking who the bot is',
        right: 'read:user',
      } as const;
      return (await host.read(Account, request, call)).login;
    },
    // A token's scopes can't be read by that token.
    rights: async () => ({}),
    drafts: () => 'yes',
    pageSize: 50,
    async head(branch, call) {
      const request = { path: `/branches/${inUrl(branch)}`, doing: `looking at the branch ${branch}` };
      return (await host.find(Branch, { ...request, right: read }, call))?.commit.id;
    },
    async isDescendant({ ancestor, of }, call) {
      if (ancestor === of) return true;
      // Commits of the one that the other does not have: none, where it is contained.
      const path = `/compare/${of}...${ancestor}`;
      const doing = `looking whether ${of.slice(0, 8)} holds ${ancestor.slice(0, 8)}`;
      return (await host.find(Comparison, { path, doing, right: read }, call))?.total_commits === 0;
    },
    commit: (change, head, call) => makeCommit(host, change, head, call),
    async deleteBranch(branch, call) {
      const path = `/branches/${inUrl(branch)}`;
      const doing = `deleting the branch ${branch}`;
      await host.ask({ method: 'DELETE', path, doing, right: write, also: [404] }, call);
    },
    branchQuery: (_branch, bot) => `&poster=${encodeURIComponent(bot)}`,
    anybodysQuery: () => '&sort=recentupdate',
    newestFirst: '&sort=recentupdate',
    // Once the branch is gone, `ref` is that of the pull request; the label keeps the name.
    branchOf: (pull) => pull.head.label ?? pull.head.ref,
    isDraft: (pull) => marks.test(pull.title),
    titleOf: (pull) => pull.title.replace(marks, ''),
    draftFields: (title, draft) => ({ title: draft ? `${mark}${title}` : title }),
    changeFields: ({ title, ...rest }, now) => ({
      ...rest,
      ...(title === undefined ? {} : { title: marks.test(now.title) ? `${mark}${title}` : title }),
    }),
    async makeReady(pull, call) {
      const doing = `making proposal ${pull.number} ready`;
      const body = { title: pull.title.replace(marks, '') };
      await host.ask({ method: 'PATCH', path: `/pulls/${pull.number}`, body, doing, right: write }, call);
    },
    probes: [
      {
        ...post,
        path: '/branches',
        body: { new_branch_name: 'chatelaine/doctor', old_ref_name: '0'.repeat(40) },
        right: write,
      },
      { ...post, path: '/labels', body: { name: '', color: '' }, right: 'write:issue' },
    ],
    async protection(base, call) {
      const request = { path: `/branches/${inUrl(base)}`, doing: `looking at the protection of ${base}` };
      const found = await host.find(Protected, { ...request, right: read }, call);
      if (found === undefined) return {};
      const { enable_status_check: checks, status_check_contexts: contexts, user_can_push: push } = found;
      return { requiredChecks: checks ? (contexts ?? []) : [], botMayPush: push };
    },
    addLabels: (number, labels, call) => addLabels(host, number, labels, call),
  };
}

/** By their numbers: Gitea makes no label on the way, and refuses one that it doesn't know. */
async function addLabels(host: Host, number: number, names: readonly string[], call: Call): Promise<void> {
  const doing = `labelling proposal ${number}`;
  const right = 'write:issue';
  const there = await host.read(
    z.array(Label),
    { path: '/labels?limit=50', doing, right: 'read:issue' },
    call,
  );
  const labels: number[] = [];
  for (const name of names) {
    const known = there.find((each) => each.name === name);
    const body = { name, color: '#6f42c1', description: 'Proposed by Chatelaine' };
    const made =
      known ?? (await host.read(Label, { method: 'POST', path: '/labels', body, doing, right }, call));
    labels.push(made.id);
  }
  const path = `/issues/${number}/labels`;
  await host.ask({ method: 'POST', path, body: { labels }, doing, right }, call);
}
