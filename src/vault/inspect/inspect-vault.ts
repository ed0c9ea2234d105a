import { isFault } from '../../core/errors.ts';
import type { VaultMount, VaultPath } from '../../core/names.ts';
import type { Call } from '../../core/ports/call.ts';
import type { Finding, Inspector } from '../../core/ports/inspect.ts';
import { CapabilitiesSelf } from '../answers.ts';
import { askReplicas, type ReplicaAddress } from '../ask-replicas.ts';
import { whoAsks } from '../caller.ts';
import { answered, type Wire } from '../exchange.ts';
import { type Asked, answerFault } from '../faults.ts';
import type { VaultAuth } from '../log-in.ts';
import { type Kv, parse } from '../read-secrets.ts';
import { attested } from './attested.ts';
import { findings, writePolicy } from './findings.ts';
import { inspectClocks } from './inspect-clocks.ts';
import { inspectLogin } from './inspect-login.ts';
import { inspectPaths } from './inspect-paths.ts';
import { judgeReplicas } from './inspect-replicas.ts';
import { judgeCapabilities, pathsToAsk } from './judge-capabilities.ts';

export interface VaultInspection {
  readonly wire: Wire;
  readonly mount: VaultMount;
  readonly auth: VaultAuth;
  readonly replicas: readonly ReplicaAddress[];
  /** The paths below the mount that are read in the cluster, as far as they are known. */
  readonly paths: (call: Call) => Promise<readonly VaultPath[]>;
}

/** So many paths are asked about in one request. */
const mostPaths = 200;

/**
 * Looks at Vault as the bot sees it: with a login of its own, which is given back, since the token in use may be older
 * than what is wrong with the role.
 */
export function createVaultInspector(inspection: VaultInspection): Inspector {
  const { wire, auth, replicas } = inspection;
  return {
    area: 'Vault',
    async inspect(call) {
      const states = await askReplicas(replicas, wire, call.signal);
      const clocks = await inspectClocks(replicas, wire, call.signal);
      const login = await inspectLogin(wire, auth, call.signal);
      const { grant } = login;
      const rest =
        grant === undefined
          ? [findings.unknown('what the bot may do in Vault', 'it takes a login to ask')]
          : await inspectAs(inspection, grant.token, call);
      return [...judgeReplicas(states), ...clocks, ...login.found, ...rest, ...attested(auth)];
    },
  };
}

async function inspectAs(
  inspection: VaultInspection,
  token: string,
  call: Call,
): Promise<readonly Finding[]> {
  const { wire, mount, auth } = inspection;
  const headers = { ...whoAsks(call), 'x-vault-token': token };
  const kv: Kv = {
    mount,
    ask: (asked, request, { signal }) =>
      answered(wire, asked, { ...request, headers: { ...request.headers, ...headers } }, signal),
  };
  try {
    const paths = (await inspection.paths(call)).slice(0, mostPaths);
    const [rights, secrets] = await Promise.all([
      inspectRights(kv, paths, call),
      inspectPaths(kv, paths, call),
    ]);
    return [...rights, ...secrets];
  } finally {
    if (auth.kind === 'kubernetes') await giveBack(wire, headers);
  }
}

async function inspectRights(kv: Kv, paths: readonly VaultPath[], call: Call): Promise<readonly Finding[]> {
  const path = 'sys/capabilities-self';
  const asked: Asked = {
    doing: 'asking Vault what the bot may do',
    path,
    capability: 'update',
    writes: false,
  };
  const request = { method: 'POST', path, json: { paths: pathsToAsk(kv.mount, paths) } } as const;
  const answer = await kv.ask(asked, request, call);
  if (answer.status === 403) {
    return [
      findings.doubt(
        'the policy is not the one of this version: the bot may not ask what it may do',
        'update on sys/capabilities-self is refused; so its other rights are not known',
        writePolicy,
      ),
    ];
  }
  if (answer.status !== 200) return [findings.of('unknown', answerFault(asked, answer))];
  const { data } = parse(asked, CapabilitiesSelf, answer);
  return judgeCapabilities(kv.mount, paths, new Map(Object.entries(data)));
}

/** Where that fails the token ends by itself. */
async function giveBack(wire: Wire, headers: Readonly<Record<string, string>>): Promise<void> {
  const path = 'auth/token/revoke-self';
  const asked: Asked = { doing: "revoking the doctor's token", path, capability: 'update', writes: true };
  const request = { method: 'POST', path, headers } as const;
  await answered(wire, asked, request, AbortSignal.timeout(2_000)).catch((error: unknown) => {
    if (!isFault(error)) throw error;
  });
}
