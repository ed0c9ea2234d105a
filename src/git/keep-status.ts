import type { CommitId } from '../core/git-names.ts';
import type { Call } from '../core/ports/call.ts';
import type { CommitStatus, Forge, NewStatus } from '../core/ports/forge.ts';
import type { Dialect } from './dialect.ts';
import type { Host, Request } from './host.ts';
import { listPages } from './list-pages.ts';
import { Status } from './shapes.ts';

const right = 'Commit statuses: write';
const mostCharacters = 140;
const states: Readonly<Record<string, NewStatus['state']>> = { pending: 'pending', success: 'success' };

/** Statuses of commits. Hosts keep every one that was ever set, by whom it may be; the newest of a context counts. */
export function keepStatus(
  host: Host,
  { pageSize }: Dialect,
  isBot: (login: string, call: Call) => Promise<boolean>,
): Pick<Forge, 'status' | 'setStatus'> {
  const newest = async (commit: CommitId, context: string, call: Call): Promise<CommitStatus | undefined> => {
    const request: Request = {
      path: `/commits/${commit}/statuses?sort=highestindex`,
      doing: `reading the status of ${commit.slice(0, 8)}`,
      right: 'Commit statuses: read',
    };
    const all = await listPages(host, Status, { request, size: pageSize }, call);
    const found = all.filter((each) => each.context === context).toSorted((a, b) => b.id - a.id)[0];
    if (found === undefined) return undefined;
    return {
      context,
      state: states[found.state ?? found.status ?? ''] ?? 'failure',
      description: found.description ?? '',
      by: found.creator?.login ?? 'ghost',
      ...(found.target_url == null || found.target_url === '' ? {} : { url: found.target_url }),
    };
  };
  return {
    status: newest,
    async setStatus(commit, wanted, call) {
      const status = { ...wanted, description: cut(wanted.description) };
      const now = await newest(commit, status.context, call);
      if (now !== undefined && says(now, status) && (await isBot(now.by, call))) return;
      const { context, state, description, url } = status;
      const body = { context, state, description, ...(url === undefined ? {} : { target_url: url }) };
      const doing = `setting ${context} on ${commit.slice(0, 8)}`;
      await host.ask({ method: 'POST', path: `/statuses/${commit}`, body, doing, right }, call);
    },
  };
}

function says(now: CommitStatus, { state, description, url }: NewStatus): boolean {
  return now.state === state && now.description === description && now.url === url;
}

function cut(text: string): string {
  const characters = Array.from(text);
  return characters.length > mostCharacters ? `${characters.slice(0, mostCharacters - 1).join('')}…` : text;
}
