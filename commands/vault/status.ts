import { z } from 'zod';
import type { Card, Field, Inline, Text } from '../../src/core/card.ts';
import { defineCommand } from '../../src/core/command.ts';
import { count } from '../../src/core/count.ts';
import { describeDuration } from '../../src/core/duration.ts';
import { freezeLines } from '../../src/core/freeze/freeze-words.ts';
import { nextDue } from '../../src/core/incident/next-due.ts';
import { describeProblem } from '../../src/core/incident/seal-words.ts';
import { lastSeenLines } from '../../src/core/last-seen.ts';
import type { ExternalSecret, Store } from '../../src/core/ports/cluster.ts';
import type { RaftPeer, RaftView, Replica, VaultSession } from '../../src/core/ports/vault.ts';

/** Every replica asked for itself: the service in front of them hides the sealed ones. */
export const status = defineCommand({
  name: 'vault status',
  summary: 'Show each replica of Vault, its Raft peers, how the bot is logged in, and what depends on it',
  examples: ['vault status'],
  may: 'read',
  effect: 'read',
  args: z.object({}),
  words: [],
  async handler({ vault, cluster, freezes, clock, call }) {
    const [replicas, raft, frozen] = await Promise.all([
      vault.replicas(call),
      vault.raft(call),
      freezeLines(freezes, clock.now()),
    ]);
    const { ready } = cluster.health();
    const card = cardOf({
      replicas,
      raft,
      session: vault.session(),
      stores: ready ? cluster.stores() : [],
      secrets: ready ? cluster.externalSecrets() : [],
      lastSeen: lastSeenLines(cluster),
      now: clock.now(),
    });
    return { card: { ...card, lines: [...frozen, ...(card.lines ?? [])] } };
  },
});

interface Seen {
  readonly replicas: readonly Replica[];
  readonly raft: RaftView;
  readonly session: VaultSession;
  readonly stores: readonly Store[];
  readonly secrets: readonly ExternalSecret[];
  readonly lastSeen: readonly string[];
  readonly now: number;
}

function cardOf(seen: Seen): Card {
  const { replicas, raft, session, stores, secrets, lastSeen, now } = seen;
  const problem = describeProblem(seen);
  const active = replicas.find(({ state }) => state === 'active');
  const up = replicas.filter(isUp).length;
  return {
    state: active === undefined ? 'failure' : isWell(seen) ? 'success' : 'warning',
    title:
      active === undefined
        ? `Vault serves no secrets: ${problem || 'no replica is active'}`
        : `Vault: ${up} of ${replicas.length} replicas unsealed, ${active.name} is active${problem === '' ? '' : `; ${problem}`}`,
    table: {
      columns: ['Replica', 'State', 'Raft', 'Version'],
      rows: replicas.map((replica) => rowOf(replica, raft)),
    },
    fields: [
      { label: 'Login', value: describeSession(session) },
      { label: 'Raft', value: describeRaft(raft) },
      {
        label: 'Stores',
        value: stores.map((store) => describeStore(store, secrets)).join('; ') || 'none that point at it',
      },
      ...dueField(secrets, now),
    ],
    lines: [
      ...(active === undefined
        ? ['No secret can be read or written. Secrets that exist stay, and pods keep running.']
        : []),
      ...raftLines(raft, replicas),
      ...sealedLines(replicas),
      ...replicas.flatMap(unreachableLine),
      ...lastSeen,
    ],
    actions: replicas.some(({ state }) => state === 'sealed')
      ? [{ label: 'Unseal', command: 'vault unseal' }]
      : [],
  };
}

function isUp({ state }: Replica): boolean {
  return state === 'active' || state === 'standby';
}

/** What can't be seen of Raft is said, and is no warning: not every Vault has it. */
function isWell({ replicas, raft, session, stores, lastSeen }: Seen): boolean {
  return (
    replicas.every(isUp) &&
    session.state === 'logged-in' &&
    stores.every((store) => store.ready.status === 'True') &&
    lastSeen.length === 0 &&
    raftLines(raft, replicas).length === 0
  );
}

function rowOf({ name, state, version, unseal }: Replica, raft: RaftView): readonly string[] {
  const shares = unseal === undefined ? '' : ` (${unseal.given} of ${unseal.needed} shares given)`;
  return [name, `${state}${shares}`, describePeer(peerOf(name, raft)), version ?? ''];
}

/** Where it was looked for and what came of it, which no column of a table has the room for. */
function unreachableLine({ name, address, state, why }: Replica): readonly string[] {
  return state === 'unreachable' ? [`${name} can’t be reached at ${address}: ${why ?? 'no answer'}.`] : [];
}

function peerOf(name: string, raft: RaftView): RaftPeer | undefined {
  return raft.state === 'seen' ? raft.peers.find((peer) => peer.name === name) : undefined;
}

function describePeer(peer: RaftPeer | undefined): string {
  if (peer === undefined) return '';
  if (peer.role === 'leader') return 'leader';
  return `${peer.role === 'voter' ? 'voter' : 'no vote'}, ${peer.behind === 0 ? 'up to date' : `${peer.behind} behind`}`;
}

function describeRaft(raft: RaftView): string {
  if (raft.state === 'unseen') return `not seen: ${raft.why}`;
  const { peers, mayLose } = raft;
  const votes = peers.filter(({ role }) => role !== 'non-voter').length;
  return `${count(peers.length, 'peer')}, ${votes} with a vote; ${mayLose === 0 ? 'none may be lost' : `${mayLose} may be lost`}`;
}

/** Peers that would not be of help when the leader is lost, and replicas that are none. */
function raftLines(raft: RaftView, replicas: readonly Replica[]): readonly string[] {
  if (raft.state === 'unseen') return [];
  const { peers } = raft;
  const known = replicas.some(({ name }) => peers.some((peer) => peer.name === name));
  return [
    ...peers.filter(({ role }) => role === 'non-voter').map(({ name }) => `${name} has no vote in Raft.`),
    ...peers.filter(({ healthy }) => !healthy).map(laggingLine),
    // Where node ids are other names than those of the configuration, nothing follows from their absence.
    ...replicas
      .filter((replica) => known && isUp(replica) && peerOf(replica.name, raft) === undefined)
      .map(({ name }) => `${name} is unsealed, and no peer of Raft: it has to join again.`),
  ];
}

function laggingLine({ name, behind, silentMs }: RaftPeer): string {
  const silent =
    silentMs === undefined ? '' : `, and last heard of the leader ${describeDuration(silentMs)} ago`;
  return `${name} lags in Raft: ${behind} ${behind === 1 ? 'entry' : 'entries'} behind${silent}.`;
}

function sealedLines(replicas: readonly Replica[]): readonly Text[] {
  if (!replicas.some(({ state }) => state === 'sealed')) return [];
  return [['What a person with a share runs: ', { code: '/vault unseal' }, '. Never give a share to a bot.']];
}

function describeSession({ state, method, role, expires, why }: VaultSession): Text {
  const as = role === undefined ? method : `${method}, role ${role}`;
  if (state !== 'logged-in') {
    return `${state === 'failing' ? 'failing' : 'not logged in'} (${as})${why === undefined ? '' : `: ${why}`}`;
  }
  return expires === undefined ? `as ${as}` : [`as ${as}, token until `, { time: expires }];
}

function describeStore({ kind, name, namespace, ready }: Store, secrets: readonly ExternalSecret[]): string {
  const where = namespace === undefined ? name : `${namespace}/${name}`;
  const readers = secrets.filter(
    ({ store, namespace: of }) =>
      store.kind === kind && store.name === name && (namespace === undefined || of === namespace),
  );
  const state = ready.status === 'True' ? 'Ready' : `not Ready: ${ready.reason}`;
  return `${kind} ${where} ${state}, ${count(readers.length, 'ExternalSecret')} read through it`;
}

function dueField(secrets: readonly ExternalSecret[], now: number): readonly Field[] {
  const { next, more, past } = nextDue(secrets, now);
  if (next.length === 0 && past === 0) return [];
  const value: Inline[] = next.flatMap(({ name, at }, index): Inline[] => [
    `${index === 0 ? '' : ', '}${name} at `,
    { time: at },
  ]);
  if (more > 0) value.push(` and ${more} more within the hour`);
  if (past > 0) value.push(`${next.length > 0 ? '; ' : ''}${count(past, 'ExternalSecret')} due already`);
  return [{ label: 'Due next', value }];
}
