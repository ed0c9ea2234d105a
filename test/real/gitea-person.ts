import type { Person } from '../contract/forge/contract-forge.ts';
import type { ForgeAccount } from '../servers/gitea.ts';

const events = { approve: 'APPROVED', 'request-changes': 'REQUEST_CHANGES', comment: 'COMMENT' } as const;

/** What a person with an account does on Gitea, in the repository `repos/owner/name`. */
export function personOn(at: string, { name, call, need }: ForgeAccount): Person {
  return {
    login: name,
    async review(number, verdict) {
      const { head } = await need('GET', `${at}/pulls/${number}`);
      const body = { event: events[verdict], body: 'Looked at.', commit_id: head.sha };
      await need('POST', `${at}/pulls/${number}/reviews`, body);
    },
    open: async (head, title) => (await need('POST', `${at}/pulls`, { head, base: 'main', title })).number,
    merge: (number, method) => need('POST', `${at}/pulls/${number}/merge`, { Do: method }),
    async push(branch, files) {
      const changes = await Promise.all(
        Object.entries(files).map(async ([path, text]) => {
          const found = await call('GET', `${at}/contents/${path}?ref=${encodeURIComponent(branch)}`);
          const sha = found.status === 200 ? { sha: found.body.sha as string } : {};
          if (text === null) return { operation: 'delete', path, ...sha };
          const content = Buffer.from(text).toString('base64');
          return { operation: found.status === 200 ? 'update' : 'create', path, content, ...sha };
        }),
      );
      await need('POST', `${at}/contents`, { branch, message: 'Change', files: changes });
    },
    setStatus: (commit, context, state) => need('POST', `${at}/statuses/${commit}`, { context, state }),
  };
}
