import type { Finding } from '../../core/ports/inspect.ts';
import type { Replica } from '../../core/ports/vault.ts';
import { findings } from './findings.ts';

/** Whether there is a Vault to talk to, and how many of its replicas could be lost. */
export function judgeReplicas(replicas: readonly Replica[]): readonly Finding[] {
  const active = replicas.find(({ state }) => state === 'active');
  const serving = active !== undefined;
  const each = replicas.flatMap((replica) => judgeReplica(replica, serving));
  const first = serving
    ? findings.good('a replica is active', `${active.name} at ${active.address}`)
    : findings.fault('no replica is active: no secret can be read or written', describe(replicas), [
        'See each with ',
        { code: '/vault status' },
        '; people with a share unseal those that are sealed',
      ]);
  return [first, ...each, ...judgeVersions(replicas)];
}

function judgeReplica(replica: Replica, serving: boolean): readonly Finding[] {
  const { name, address, state, unseal, why } = replica;
  const worse = serving ? findings.doubt : findings.fault;
  if (state === 'sealed') {
    const given = unseal === undefined ? '' : `, ${unseal.given} of ${unseal.needed} shares given`;
    const command = `bao operator unseal -address=${address}`;
    return [
      worse(`${name} is sealed`, `${address} says so${given}`, ['People with a share: ', { code: command }]),
    ];
  }
  if (state === 'uninitialised') {
    return [
      worse(`${name} is not initialised`, `${address} says so`, [
        { code: `bao operator init -address=${address}` },
        ', or have it join the others: ',
        { code: 'bao operator raft join' },
      ]),
    ];
  }
  if (state === 'unreachable') {
    const fix = `Look at vault.address and vault.replicas, at the pod, and at the network policy between the two.`;
    return [worse(`${name} can't be reached`, `${address} ${why ?? 'gave no answer'}`, fix)];
  }
  return [];
}

/** Different versions are usual during an upgrade, and at no other time. */
function judgeVersions(replicas: readonly Replica[]): readonly Finding[] {
  const versions = new Set(replicas.flatMap(({ version }) => version ?? []));
  if (versions.size < 2) return [];
  return [
    findings.doubt(
      'the replicas run different versions',
      replicas.map(({ name, version }) => `${name} ${version ?? 'unknown'}`).join(', '),
      'Finish the upgrade: all replicas at one version.',
    ),
  ];
}

function describe(replicas: readonly Replica[]): string {
  return replicas
    .map(({ name, state, why }) => `${name} ${state}${why === undefined ? '' : ` (${why})`}`)
    .join(', ');
}
