import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type ChatelaineError, isFault } from '../../core/errors.ts';
import { findingsOf } from '../../core/findings.ts';
import type { Finding } from '../../core/ports/inspect.ts';
import type { Wire } from '../exchange.ts';
import { logIn, type VaultAuth } from '../log-in.ts';
import type { Grant } from '../own-token.ts';
import { findings } from './findings.ts';

/** The claims of a ServiceAccount's token that decide a login. They are no secret; the signature stays where it is. */
const Claims = z.object({
  aud: z.union([z.string().transform((one) => [one]), z.array(z.string())]).catch([]),
  sub: z.string().catch(''),
  exp: z.number().optional().catch(undefined),
});

export interface Login {
  readonly found: readonly Finding[];
  readonly grant?: Grant;
}

/** Logs in anew, as the bot would after a restart: a token that still lives says nothing of the role as it is now. */
export async function inspectLogin(wire: Wire, auth: VaultAuth, signal: AbortSignal): Promise<Login> {
  try {
    const grant = await logIn(wire, auth, signal);
    return { grant, found: [loggedIn(auth, grant), ...judgePolicies(grant), ...judgeLife(auth, grant)] };
  } catch (error) {
    if (!isFault(error)) throw error;
    // Who does not answer at all, or is sealed, was told of with the replicas.
    if (error.code !== 'vault-login') return { found: [findingsOf('Vault').of('fault', error)] };
    return { found: [await refused(error, auth, wire.clock.now())] };
  }
}

function loggedIn(auth: VaultAuth, { policies }: Grant): Finding {
  const how =
    auth.kind === 'kubernetes' ? `auth/${auth.mount}, role ${auth.role}` : `the token in ${auth.file}`;
  return findings.good('the bot can log in', `${how}: policies ${policies.join(', ') || 'none'}`);
}

async function refused({ wrong, next }: ChatelaineError, auth: VaultAuth, now: number): Promise<Finding> {
  const claims = auth.kind === 'kubernetes' ? await readClaims(auth.tokenFile) : undefined;
  if (claims === undefined)
    return findings.fault(`the bot can't log in: ${wrong}`, 'Vault refused the login', next);
  const { aud, sub, exp } = claims;
  const ended = exp !== undefined && exp * 1000 < now ? ', and it has ended' : '';
  const evidence = `the token is of ${sub || 'nobody'}, for the audience ${aud.join(', ') || 'none'}${ended}`;
  return findings.fault(`the bot can't log in: ${wrong}`, evidence, next);
}

async function readClaims(file: string): Promise<z.infer<typeof Claims> | undefined> {
  try {
    const payload = (await readFile(file, 'utf8')).split('.')[1] ?? '';
    return Claims.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

function judgePolicies({ policies }: Grant): readonly Finding[] {
  const evidence = `the token's policies: ${policies.join(', ') || 'none'}`;
  const role = {
    code: 'bao write auth/kubernetes/role/chatelaine token_policies=chatelaine token_no_default_policy=true',
  };
  const fix = [role, ', and the rest as manifests/vault/setup.sh has it'];
  if (policies.includes('root')) {
    return [
      findings.fault(
        "the bot has the root's token: it may do everything, and read every secret",
        evidence,
        fix,
      ),
    ];
  }
  const others = policies.filter((name) => name !== 'default');
  return [
    ...(policies.includes('default')
      ? [
          findings.doubt(
            'the token has the policy `default`, which gives more than the bot needs',
            evidence,
            fix,
          ),
        ]
      : []),
    ...(others.length > 1
      ? [findings.doubt('the token has several policies, whose rights add up', evidence, fix)]
      : []),
  ];
}

function judgeLife(auth: VaultAuth, { ttl }: Grant): readonly Finding[] {
  if (auth.kind === 'kubernetes' && ttl > 0) return [];
  const evidence =
    ttl === 0
      ? 'the token never ends'
      : `the token is kept in ${auth.kind === 'kubernetes' ? auth.tokenFile : auth.file}`;
  return [
    findings.doubt('the bot does not log in with a token that ends by itself', evidence, [
      'Use ',
      { code: 'vault.auth.kubernetes' },
      ', with the role of manifests/vault/setup.sh',
    ]),
  ];
}
