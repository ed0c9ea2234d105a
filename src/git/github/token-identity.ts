import type { Call } from '../../core/ports/call.ts';
import type { ForgeFacts } from '../../core/ports/forge.ts';
import type { Host } from '../host.ts';
import { Account } from '../shapes.ts';
import type { Identity } from './github-dialect.ts';

/** Who a personal token makes the bot. What a fine-grained one may do, GitHub tells nobody; a classic one's scopes it does. */
export function tokenIdentity(host: Host): Identity {
  const request = { path: '/user', of: 'api', doing: 'asking who the bot is' } as const;
  return {
    bot: async (call) => (await host.read(Account, request, call)).login,
    async rights(call: Call): Promise<Partial<ForgeFacts['may']>> {
      const scopes = (await host.ask(request, call)).header('x-oauth-scopes') ?? '';
      const isClassic = scopes.split(/,\s*/).some((each) => each === 'repo' || each === 'public_repo');
      return isClassic ? { write: 'yes', propose: 'yes', setStatus: 'yes' } : {};
    },
  };
}
