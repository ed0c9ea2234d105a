import type { Reply } from '../http-stand-in.ts';
import type { ForgeState } from './forge-state.ts';
import { headOf } from './pull-state.ts';
import { type ForgeRequest, notFound, pageOf, type Route } from './request.ts';

/** The repository itself, its branches, and the rules that hold for them. */
export const repositoryRoutes: readonly Route[] = [
  { method: 'GET', path: /^$/, answer: getRepository },
  { method: 'GET', path: /^\/branches\/(.+)$/, answer: getBranch },
  { method: 'GET', path: /^\/hooks$/, answer: listHooks },
  { method: 'GET', path: /^\/rules\/branches\/(.+)$/, answer: () => ({ status: 200, body: [] }) },
];

function getRepository(state: ForgeState, { who }: ForgeRequest): Reply {
  const { repository, faults } = state;
  const admin = who.role === 'admin';
  const push = who.role !== 'read';
  return {
    status: 200,
    body: {
      full_name: repository,
      private: true,
      archived: faults.archived,
      default_branch: 'main',
      html_url: `https://github.com/${repository}`,
      permissions: { admin, maintain: admin, push, triage: push, pull: true },
    },
  };
}

/** Of these an account that does not administer the repository is told nothing, not even that they are there. */
function listHooks({ hooks }: ForgeState, { who, query }: ForgeRequest): Reply {
  if (who.role !== 'admin') return notFound;
  const body = pageOf(hooks, query).map(({ url, active, events, contentType, lastCode }, index) => ({
    type: 'Repository',
    id: index + 1,
    name: 'web',
    active,
    events,
    config: { url, content_type: contentType, insecure_ssl: '0', secret: '********' },
    last_response:
      lastCode === undefined
        ? { code: null, status: 'unused', message: null }
        : { code: lastCode, status: lastCode < 300 ? 'active' : 'misconfigured', message: null },
  }));
  return { status: 200, body };
}

async function getBranch(
  state: ForgeState,
  _request: ForgeRequest,
  [branch = '']: readonly string[],
): Promise<Reply> {
  const sha = await headOf(state, branch);
  if (sha === undefined) return notFound;
  const contexts = branch === 'main' ? [...state.required] : [];
  const checks = { enforcement_level: contexts.length > 0 ? 'everyone' : 'off', contexts };
  const protection = { enabled: contexts.length > 0, required_status_checks: checks };
  return { status: 200, body: { name: branch, commit: { sha }, protected: contexts.length > 0, protection } };
}
