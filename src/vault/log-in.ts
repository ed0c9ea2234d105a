import { readFile } from 'node:fs/promises';
import { ChatelaineError } from '../core/errors.ts';
import { Login } from './answers.ts';
import { answered, type Wire } from './exchange.ts';
import { type Asked, answerFault, isOfVault, oddAnswer } from './faults.ts';
import { type Grant, lookUp } from './own-token.ts';
import { apiPath } from './paths.ts';
import type { Answer } from './transport.ts';

export type VaultAuth =
  | {
      readonly kind: 'kubernetes';
      /** Where the auth method is mounted: `kubernetes`. */
      readonly mount: string;
      readonly role: string;
      /** The ServiceAccount's token. Read afresh for each login: the kubelet replaces it. */
      readonly tokenFile: string;
    }
  | { readonly kind: 'token-file'; readonly file: string };

/** Gets a token. Throws vault-login, vault-sealed, vault-unreachable, vault-no-answer, vault-unexpected. */
export async function logIn(wire: Wire, auth: VaultAuth, signal: AbortSignal): Promise<Grant> {
  if (auth.kind === 'token-file') {
    const token = await readToken(auth.file);
    const facts = await lookUp(wire, token, signal);
    if (facts === undefined)
      throw loginFault(`Vault does not know the token in ${auth.file}`, 'Put a valid one there.');
    return { token, ...facts };
  }
  const jwt = await readToken(auth.tokenFile);
  const asked: Asked = {
    doing: 'logging in to Vault',
    path: `auth/${auth.mount}/login`,
    capability: 'update',
    writes: false,
  };
  const path = apiPath('auth', auth.mount, 'login');
  const request = { method: 'POST', path, json: { role: auth.role, jwt } } as const;
  const answer = await answered(wire, asked, request, signal);
  if (answer.status !== 200) throw refusedLogin(asked, auth, answer);
  const login = Login.safeParse(answer.body);
  if (!login.success) throw oddAnswer(asked, answer);
  const { client_token: token, policies, lease_duration: ttl, renewable } = login.data.auth;
  return { token, policies: policies ?? [], ttl: ttl * 1000, renewable };
}

async function readToken(file: string): Promise<string> {
  const token = await readFile(file, 'utf8').then(
    (text) => text.trim(),
    (error: NodeJS.ErrnoException) => error.code ?? 'unknown',
  );
  // A header can't hold a line break or a control character, and an error that says so would quote the token.
  if (/^[\x21-\x7e]{8,}$/.test(token)) return token;
  const why = /^E[A-Z]+$/.test(token) ? ` (${token})` : '';
  throw loginFault(`the token in ${file} can not be used${why}`, 'Look at how that file is mounted.');
}

function refusedLogin(
  asked: Asked,
  { mount, role }: Extract<VaultAuth, { kind: 'kubernetes' }>,
  answer: Answer,
): ChatelaineError {
  const { status } = answer;
  if (!isOfVault(answer) || status === 503 || status === 429 || status < 400)
    return answerFault(asked, answer);
  const how = `auth/${mount}, role ${role}`;
  if (status === 400)
    return loginFault(
      `Vault knows no such role (${how})`,
      'Make it as manifests/vault/setup.sh does.',
      status,
    );
  if (status === 403) {
    return loginFault(
      `Vault does not accept the bot's ServiceAccount, or can not ask the API server about it (${how})`,
      'Compare the namespace, name and audience of the role with those of the pod, then look at manifests/vault/token-reviewer.yaml.',
      status,
    );
  }
  return loginFault(
    `Vault could not check the bot's ServiceAccount (${how}, HTTP ${status})`,
    "Look at Vault's access to the API server: manifests/vault/token-reviewer.yaml and auth/kubernetes/config.",
    status,
  );
}

function loginFault(wrong: string, next: string, status?: number): ChatelaineError {
  return new ChatelaineError({
    code: 'vault-login',
    doing: 'logging in to Vault',
    wrong,
    state: 'Nothing was changed by this request.',
    next,
    ...(status === undefined ? {} : { status }),
  });
}
