import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ContractCase, cases, logins, type Step, sealedCases, type Who } from './cases.ts';

/** A Vault to run the contract against: set up as manifests/vault/setup.sh does, and free to be sealed at the end. */
export interface ContractServer {
  readonly address: string;
  readonly rootToken: string;
  /** ServiceAccount tokens: the bot's, and one of an account that no role is bound to. */
  readonly jwts: { readonly bot: string; readonly other: string };
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Runs the one table of cases against a server. Raw HTTP: nothing of the bot is in between. */
export function runVaultContract(name: string, getServer: () => ContractServer): void {
  describe(name, () => {
    const agent = new Agent();
    const tokens = new Map<Who, string>();
    let caseNumber = 0;

    async function send(
      method: string,
      path: string,
      token: string | undefined,
      step: Omit<Step, 'ask' | 'status'> = {},
    ): Promise<Answer> {
      const patchType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
      const answer = await request(`${getServer().address}/v1/${path}`, {
        method,
        dispatcher: agent,
        headers: {
          'content-type': step.contentType ?? patchType,
          ...(token === undefined ? {} : { 'x-vault-token': token }),
        },
        ...(step.body === undefined ? {} : { body: JSON.stringify(step.body) }),
      });
      return { status: answer.statusCode, text: await answer.body.text() };
    }

    async function logIn(): Promise<string> {
      const body = { role: 'chatelaine', jwt: getServer().jwts.bot };
      const { status, text } = await send('POST', 'auth/kubernetes/login', undefined, { body });
      expect(status, 'logging in as the bot').toBe(200);
      return (JSON.parse(text) as { auth: { client_token: string } }).auth.client_token;
    }

    async function play({ steps }: ContractCase): Promise<void> {
      caseNumber += 1;
      tokens.delete('fresh');
      for (const step of steps) {
        const who = step.as ?? 'bot';
        if (who === 'fresh' && !tokens.has('fresh')) tokens.set('fresh', await logIn());
        const [method = '', path = ''] = step.ask.replace('$p', `contract/case-${caseNumber}`).split(' ');
        check(step, await send(method, path, tokens.get(who), step));
      }
    }

    beforeAll(async () => {
      tokens
        .set('root', getServer().rootToken)
        .set('unknown', 's.AAAAAAAAAAAAAAAAAAAAAAAA')
        .set('bot', await logIn());
    });
    afterAll(() => agent.close());

    test.each(cases)('$what', play);

    test.each(logins)('logs in with %s', async (_what, role, jwt, status, answer) => {
      const body = { role, jwt: jwt === 'garbage' ? 'garbage' : jwt && getServer().jwts[jwt] };
      const got = await send('POST', 'auth/kubernetes/login', undefined, { body });
      expect(got.status).toBe(status);
      expect(JSON.parse(got.text)).toMatchObject(answer as object);
    });

    test('ends a token at the end of its life', async () => {
      const body = { policies: ['chatelaine'], no_default_policy: true, ttl: '1s' };
      const made = await send('POST', 'auth/token/create', getServer().rootToken, { body });
      const token = (JSON.parse(made.text) as { auth: { client_token: string } }).auth.client_token;
      const look = async (): Promise<number> => (await send('GET', 'auth/token/lookup-self', token)).status;
      expect(await look()).toBe(200);
      await expect.poll(look, { timeout: 10_000, interval: 100 }).toBe(403);
    });

    describe('once sealed', () => {
      beforeAll(async () => {
        expect((await send('PUT', 'sys/seal', getServer().rootToken)).status).toBe(204);
      });
      test.each(sealedCases)('$what', play);
    });
  });
}

function check(step: Step, { status, text }: Answer): void {
  expect(status, `${step.ask}: ${text.slice(0, 300)}`).toBe(step.status);
  if (step.empty === true) expect(text).toBe('');
  if (step.without !== undefined) expect(text).not.toContain(step.without);
  if (step.answer !== undefined) expect(JSON.parse(text), step.ask).toMatchObject(step.answer as object);
}
