import { findingsOf } from '../../core/findings.ts';
import type { Finding } from '../../core/ports/inspect.ts';
import type { Replica } from '../../core/ports/vault.ts';
import type { InspectedStore } from './inspect-stores.ts';

const findings = findingsOf('External Secrets');

/**
 * Whether External Secrets may be answered by a standby. From OpenBao 2.5 on those answer reads themselves, some time
 * behind: a sync right after a write can then bring the old value, and be Ready.
 */
export function judgeStandby(
  stores: readonly InspectedStore[],
  replicas: readonly Replica[],
): readonly Finding[] {
  return stores.flatMap((store) => {
    const server = store.vault?.server ?? '';
    const one = replicas.length > 1 ? replicas.find(({ address }) => sameHost(address, server)) : undefined;
    if (one !== undefined) return [judgePinned(store, one)];
    const answering = replicas.filter(({ version }) => version !== undefined && answersReads(version));
    if (replicas.length < 2 || answering.length === 0 || /active/.test(hostOf(server))) return [];
    return [
      findings.doubt(
        `${store.kind} ${store.name} may be answered by a standby, which may be behind`,
        `${server} is not known to be the active service; ${answering.map(({ name, version }) => `${name} ${version}`).join(', ')}`,
        'Point its server at the service of the active replica (vault-active, openbao-active).',
      ),
    ];
  });
}

function judgePinned(store: InspectedStore, { name, state, address }: Replica): Finding {
  const fix = 'Point its server at the service, which follows the active replica.';
  const evidence = `${address} is ${name}, ${state} now`;
  return state === 'active'
    ? findings.doubt(`${store.kind} ${store.name} points at a single replica`, evidence, fix)
    : findings.fault(`${store.kind} ${store.name} points at a replica that is not active`, evidence, fix);
}

/** OpenBao counts from 2.0; HashiCorp's Vault is at 1.x, and has this in its Enterprise edition alone. */
function answersReads(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 2 || (major === 2 && minor >= 5);
}

function sameHost(one: string, other: string): boolean {
  const host = hostOf(one);
  return host !== '' && host === hostOf(other);
}

function hostOf(address: string): string {
  return URL.canParse(address) ? new URL(address).host : '';
}
