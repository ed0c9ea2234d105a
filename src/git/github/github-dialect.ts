import { z } from 'zod';
import { type BranchName, CommitId } from '../../core/git-names.ts';
import type { Dialect } from '../dialect.ts';
import { oddAnswer } from '../faults.ts';
import { type Host, inUrl, type Request } from '../host.ts';
import { makeCommit } from './make-commit.ts';

const write = 'Contents: write';
const propose = 'Pull requests: write';
const Ref = z.object({ object: z.object({ sha: CommitId }) });
const Comparison = z.object({ status: z.enum(['ahead', 'identical', 'behind', 'diverged']) });
const Ready = z.object({ data: z.object({ markPullRequestReadyForReview: z.object({}) }) });

const Branch = z.object({
  protection: z
    .object({ required_status_checks: z.object({ contexts: z.array(z.string()) }).nullish() })
    .nullish(),
});
const Rules = z.array(
  z.object({
    parameters: z
      .object({ required_status_checks: z.array(z.object({ context: z.string() })).nullish() })
      .nullish(),
  }),
);
const post = { method: 'POST', doing: 'looking at the rights of the token' } as const;
const nothing = '0'.repeat(40);

/** Who the bot is on GitHub, and by what right: an account's token and an app's differ in how both are asked for. */
export type Identity = Pick<Dialect, 'bot' | 'rights'>;

/** GitHub, and GitHub Enterprise Server. */
export function githubDialect(host: Host, identity: Identity): Dialect {
  return {
    host: 'github',
    ...identity,
    // A private repository has drafts in the plans that are paid for: only trying tells.
    drafts: (isPrivate) => (isPrivate ? 'unknown' : 'yes'),
    pageSize: 100,
    async head(branch, call) {
      const request = { path: `/git/ref/heads/${inUrl(branch)}`, doing: `looking at the branch ${branch}` };
      return (await host.find(Ref, { ...request, right: 'Contents: read' }, call))?.object.sha;
    },
    async isDescendant({ ancestor, of }, call) {
      const path = `/compare/${ancestor}...${of}?per_page=1`;
      const doing = `looking whether ${of.slice(0, 8)} holds ${ancestor.slice(0, 8)}`;
      const found = await host.find(Comparison, { path, doing, right: 'Contents: read' }, call);
      return found?.status === 'ahead' || found?.status === 'identical';
    },
    commit: (change, head, call) => makeCommit(host, change, head, call),
    async deleteBranch(branch, call) {
      const path = `/git/refs/heads/${inUrl(branch)}`;
      const doing = `deleting the branch ${branch}`;
      // 422: somebody was faster.
      await host.ask({ method: 'DELETE', path, doing, right: write, also: [404, 422] }, call);
    },
    branchQuery: (branch) => headQuery(host, branch),
    anybodysQuery: (branch) => headQuery(host, branch),
    newestFirst: '&sort=updated&direction=desc',
    branchOf: (pull) => pull.head.ref,
    isDraft: (pull) => pull.draft === true,
    titleOf: (pull) => pull.title,
    draftFields: (title, draft) => ({ title, draft }),
    changeFields: (change) => change,
    async makeReady(pull, call) {
      const request: Request = {
        method: 'POST',
        path: '',
        of: 'graphql',
        // The one thing here that GitHub's REST API has no way to do.
        body: {
          query:
            'mutation($id:ID!){markPullRequestReadyForReview(input:{pullRequestId:$id}){clientMutationId}}',
          variables: { id: pull.node_id },
        },
        doing: `making proposal ${pull.number} ready`,
        right: propose,
      };
      const answer = await host.ask(request, call);
      // Errors of GraphQL come with status 200, and say little that a program could go by.
      if (!Ready.safeParse(answer.body).success) throw oddAnswer(host.asked(request), answer);
    },
    probes: [
      {
        ...post,
        path: '/git/refs',
        body: { ref: 'refs/heads/chatelaine/doctor', sha: nothing },
        right: write,
      },
      {
        ...post,
        path: '/pulls',
        body: { title: 'doctor', head: 'chatelaine/doctor', base: 'none' },
        right: propose,
      },
      { ...post, path: `/statuses/${nothing}`, body: { state: 'pending' }, right: 'Commit statuses: write' },
    ],
    async protection(base, call) {
      const doing = `looking at the protection of ${base}`;
      const branch = await host.find(Branch, { path: `/branches/${inUrl(base)}`, doing }, call);
      const rules = await host.find(Rules, { path: `/rules/branches/${inUrl(base)}`, doing }, call);
      const classic = branch?.protection?.required_status_checks?.contexts;
      if (classic === undefined && rules === undefined) return {};
      const ofRules = (rules ?? []).flatMap(({ parameters }) => parameters?.required_status_checks ?? []);
      return { requiredChecks: [...(classic ?? []), ...ofRules.map(({ context }) => context)] };
    },
    async addLabels(number, labels, call) {
      const path = `/issues/${number}/labels`;
      const doing = `labelling proposal ${number}`;
      await host.ask({ method: 'POST', path, body: { labels }, doing, right: propose }, call);
    },
  };
}

function headQuery({ repository }: Host, branch: BranchName): string {
  return `&head=${repository.split('/')[0]}:${encodeURIComponent(branch)}`;
}
