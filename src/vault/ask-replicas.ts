import type { z } from 'zod';
import type { Clock } from '../core/clock.ts';
import { NoAnswer } from '../core/http-answer.ts';
import type { Replica } from '../core/ports/vault.ts';
import { Leader, SealStatus } from './answers.ts';
import type { Answer, Transport } from './transport.ts';

/** Milliseconds for each replica. */
const deadline = 2_000;

export interface ReplicaAddress {
  readonly name: string;
  readonly address: string;
}

/**
 * What each replica says of itself, all asked at once and without a token. One that can't be asked is `unreachable`
 * with why; only the caller's own signal makes this throw. Safe to repeat.
 */
export function askReplicas(
  replicas: readonly ReplicaAddress[],
  wire: { readonly transport: Transport; readonly clock: Clock },
  signal: AbortSignal,
): Promise<readonly Replica[]> {
  return Promise.all(
    replicas.map(async (replica) => {
      const ended = new AbortController();
      const stop = new AbortController();
      wire.clock.sleep(deadline, stop.signal).then(
        () => ended.abort(),
        () => undefined,
      );
      try {
        return await askReplica(replica, wire.transport, AbortSignal.any([signal, ended.signal]));
      } catch (error) {
        signal.throwIfAborted();
        return { ...replica, state: 'unreachable' as const, why: whyOf(error) };
      } finally {
        stop.abort();
      }
    }),
  );
}

function whyOf(error: unknown): string {
  return error instanceof NoAnswer ? error.why : 'could not be asked';
}

async function askReplica(
  replica: ReplicaAddress,
  transport: Transport,
  signal: AbortSignal,
): Promise<Replica> {
  const get = (path: string): Promise<Answer> =>
    transport.send({
      method: 'GET',
      url: `${replica.address.replace(/\/+$/, '')}/v1/${path}`,
      headers: { 'x-vault-request': 'true' },
      signal,
    });
  // Side by side: who leads is wanted of the unsealed only, which is nearly always all of them.
  const [sealAnswer, leaderAnswer] = await Promise.all([get('sys/seal-status'), get('sys/leader')]);
  const seal = SealStatus.safeParse(sealAnswer.body).data;
  if (sealAnswer.status !== 200 || seal === undefined) {
    throw new NoAnswer(true, `gave an answer that is not Vault's (HTTP ${sealAnswer.status})`);
  }
  const { version, cluster_name: clusterName } = seal;
  return {
    ...replica,
    ...(version === undefined ? {} : { version }),
    ...(clusterName === undefined ? {} : { clusterName }),
    ...stateOf(seal, leaderAnswer),
  };
}

function stateOf(
  seal: z.infer<typeof SealStatus>,
  leaderAnswer: Answer,
): Pick<Replica, 'state' | 'unseal' | 'why'> {
  if (!seal.initialized) return { state: 'uninitialised' };
  if (seal.sealed) return { state: 'sealed', unseal: { given: seal.progress, needed: seal.t, of: seal.n } };
  const leader = Leader.safeParse(leaderAnswer.body).data;
  if (leaderAnswer.status !== 200 || leader === undefined) {
    return { state: 'unreachable', why: 'is unsealed, but does not say whether it is active' };
  }
  return { state: leader.is_self || !leader.ha_enabled ? 'active' : 'standby' };
}
