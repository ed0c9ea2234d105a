import { Renewal, TokenFacts } from './answers.ts';
import { answered, type Wire } from './exchange.ts';
import { type Asked, answerFault, oddAnswer } from './faults.ts';

/** A token of Vault and what is known of it. */
export interface Grant {
  readonly token: string;
  readonly policies: readonly string[];
  /** Milliseconds that it lives from now; 0 for one that never ends. */
  readonly ttl: number;
  readonly renewable: boolean;
}

/** What Vault says of a token; undefined when it does not know it (any more). Safe to repeat. */
export async function lookUp(
  wire: Wire,
  token: string,
  signal: AbortSignal,
): Promise<Omit<Grant, 'token'> | undefined> {
  const asked: Asked = {
    doing: "looking up the bot's token",
    path: 'auth/token/lookup-self',
    capability: 'read',
    writes: false,
  };
  const answer = await answered(
    wire,
    asked,
    { method: 'GET', path: asked.path, headers: { 'x-vault-token': token } },
    signal,
  );
  if (answer.status === 403) return undefined;
  if (answer.status !== 200) throw answerFault(asked, answer);
  const facts = TokenFacts.safeParse(answer.body);
  if (!facts.success) throw oddAnswer(asked, answer);
  const { ttl, renewable, policies, expire_time: ends } = facts.data.data;
  // Vault says 0 both for a token that never ends and for the last second of one that does.
  return {
    policies: policies ?? [],
    ttl: ttl > 0 || typeof ends !== 'string' ? ttl * 1000 : 1000,
    renewable,
  };
}

/** Renews it. Undefined when Vault refuses: it is revoked, at its end, or may not renew itself. Safe to repeat. */
export async function renew(wire: Wire, grant: Grant, signal: AbortSignal): Promise<Grant | undefined> {
  const asked: Asked = {
    doing: "renewing the bot's token",
    path: 'auth/token/renew-self',
    capability: 'update',
    writes: false,
  };
  const headers = { 'x-vault-token': grant.token };
  const answer = await answered(wire, asked, { method: 'POST', path: asked.path, headers, json: {} }, signal);
  if (answer.status === 400 || answer.status === 403) return undefined;
  if (answer.status !== 200) throw answerFault(asked, answer);
  const renewal = Renewal.safeParse(answer.body);
  if (!renewal.success) throw oddAnswer(asked, answer);
  const { lease_duration: ttl, renewable } = renewal.data.auth;
  // Not 0, which would be a token that never ends.
  return { ...grant, ttl: Math.max(1, ttl) * 1000, renewable };
}
