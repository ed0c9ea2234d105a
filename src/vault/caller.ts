import type { Log } from '../core/log.ts';
import type { Call } from '../core/ports/call.ts';
import { answered, type Wire } from './exchange.ts';
import type { Asked } from './faults.ts';
import type { ApiRequest } from './open-client.ts';
import type { Session } from './session.ts';
import type { Answer } from './transport.ts';

/**
 * Asks Vault under the bot's own token. Returns any answer but a 403 for a token that is no longer known.
 * Throws vault-unreachable, vault-no-answer, and what a login throws.
 */
export type AskAsBot = (asked: Asked, request: ApiRequest, call: Call) => Promise<Answer>;

/** Ties login, deadlines and repetitions together. */
export function createCaller(wire: Wire, session: Session, log: Log): AskAsBot {
  async function once(asked: Asked, request: ApiRequest, call: Call, token: string): Promise<Answer> {
    const started = wire.clock.monotonic();
    const headers = { ...request.headers, ...whoAsks(call), 'x-vault-token': token };
    const answer = await answered(wire, asked, { ...request, headers }, call.signal);
    const ms = Math.round(wire.clock.monotonic() - started);
    const { method } = request;
    log.debug(
      { requestId: call.requestId, method, path: asked.path, status: answer.status, ms },
      'asked Vault',
    );
    return answer;
  }

  return async (asked, request, call) => {
    const token = await session.token(call.signal);
    const answer = await once(asked, request, call, token);
    if (answer.status !== 403) return answer;
    const other = await session.replace(token, call.signal);
    if (other === undefined) return answer;
    /*
     * Repeated even for a write, once: Vault checks the token and the policy before the request reaches the secrets
     * engine, so what was answered 403 was not done. A second 403 stands.
     */
    return once(asked, request, call, other);
  };
}

/** Who asked and for which request; Vault's audit log can record them. Threat: a line break that adds a header. */
export function whoAsks({ actor, requestId }: Call): Record<string, string> {
  return {
    'x-chatelaine-request': headerWord(requestId),
    ...(actor === undefined ? {} : { 'x-chatelaine-actor': headerWord(actor.id) }),
  };
}

function headerWord(text: string): string {
  return text.replace(/[^\w.:@-]/g, '_').slice(0, 64);
}
