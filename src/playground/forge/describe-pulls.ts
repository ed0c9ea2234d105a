import type { ForgePull } from './forge-state.ts';
import type { PullShown, StatusShown } from './git-host.ts';
import { readDiff } from './read-diff.ts';
import type { ForgeStandIn } from './start-forge.ts';

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
