import { judgeClock } from '../../core/judge-clock.ts';
import type { Finding } from '../../core/ports/inspect.ts';
import type { ReplicaAddress } from '../ask-replicas.ts';
import type { Wire } from '../exchange.ts';
import { findings } from './findings.ts';

/** Each replica's clock against ours, by the Date of its answer. One that does not answer was told of already. */
export async function inspectClocks(
  replicas: readonly ReplicaAddress[],
  { transport, clock }: Pick<Wire, 'transport' | 'clock'>,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const found = await Promise.all(
    replicas.map(async ({ name, address }) => {
      const before = clock.now();
      const url = `${address.replace(/\/+$/, '')}/v1/sys/seal-status`;
      const asked = { method: 'GET', url, headers: { 'x-vault-request': 'true' }, signal };
      const answer = await transport.send(asked).catch(() => undefined);
      const theirs = Date.parse(answer?.date ?? '');
      if (Number.isNaN(theirs)) return [];
      return [judgeClock(findings, name, { theirs, before, after: clock.now() })];
    }),
  );
  return found.flat();
}
