import { isFault } from '../core/errors.ts';
import { type BranchName, isSameLogin } from '../core/git-names.ts';
import type { Call } from '../core/ports/call.ts';
import type { Allowed, Forge, ForgeFacts } from '../core/ports/forge.ts';
import { isTheBase } from './conflicts.ts';
import type { Dialect } from './dialect.ts';
import type { Host } from './host.ts';
import { keepProposals } from './keep-proposals.ts';
import { keepStatus } from './keep-status.ts';
import { readTree } from './read-tree.ts';
import { Repository } from './shapes.ts';

const factsFreshMs = 60_000;

export interface ForgeOptions {
  readonly base: BranchName;
  /** The label that tells the bot's proposals. */
  readonly label: string;
  /** Of the API: two hosts may have a repository of one name. */
  readonly api: string;
}

/** The port over one host. What is alike on both is here and in the files beside it; the rest is the dialect's. */
export function createForge(host: Host, dialect: Dialect, { base, label, api }: ForgeOptions): Forge {
  const facts = keepFacts(host, dialect, base);
  const bot = async (call: Call): Promise<string> => (await facts(call)).bot;
  /** What the host has no 404 of its own for: whether the branch is missing, or the whole repository. */
  const head = async (branch: BranchName, call: Call) => {
    const found = await dialect.head(branch, call);
    if (found === undefined) await facts(call);
    return found;
  };
  return {
    repository: host.repository,
    base,
    identity: `${api}/${host.repository}`.toLowerCase(),
    facts,
    head,
    ...readTree(host),
    isDescendant: dialect.isDescendant,
    async commit(change, call) {
      const look = async () => dialect.commit(change, await head(change.branch, call), call);
      // A request of a replica before, which nobody waits for any more, may be faster: then the branch holds this very change.
      return look().catch((error: unknown) => {
        if (!isFault(error, 'forge-conflict')) throw error;
        return look();
      });
    },
    async deleteBranch(branch, call) {
      if (branch === base) throw isTheBase(host, branch);
      if ((await head(branch, call)) !== undefined) await dialect.deleteBranch(branch, call);
    },
    ...keepProposals(host, dialect, { base, label, bot, head }),
    ...keepStatus(host, dialect, async (login, call) => isSameLogin(login, await bot(call))),
  };
}

function keepFacts(host: Host, dialect: Dialect, base: BranchName): Forge['facts'] {
  let kept: { readonly facts: ForgeFacts; readonly at: number } | undefined;
  return async (call) => {
    const now = host.clock.monotonic();
    if (kept !== undefined && now - kept.at < factsFreshMs) return kept.facts;
    const facts = await readFacts(host, dialect, base, call);
    kept = { facts, at: now };
    return facts;
  };
}

async function readFacts(host: Host, dialect: Dialect, base: BranchName, call: Call): Promise<ForgeFacts> {
  const request = { path: '', doing: 'looking at the repository' };
  const seen = await host.read(Repository, request, call);
  const bot = await dialect.bot(call);
  // The account's role bounds what a token of it can do, and a token can have less.
  const role = (has: boolean | undefined): Allowed => (has === false ? 'no' : 'unknown');
  const push = role(seen.permissions?.push);
  return {
    host: dialect.host,
    repository: host.repository,
    url: seen.html_url,
    base,
    archived: seen.archived,
    isPrivate: seen.private,
    bot,
    may: {
      write: push,
      propose: push,
      setStatus: push,
      administer: role(seen.permissions?.admin),
      ...(await dialect.rights(call)),
    },
    drafts: dialect.drafts(seen.private),
  };
}
