import { z } from 'zod';
import type { Card, Text } from '../../src/core/card.ts';
import { defineCommand } from '../../src/core/command.ts';
import { freezeLines } from '../../src/core/freeze/freeze-words.ts';
import type { Store } from '../../src/core/ports/cluster.ts';
import type { Replica, VaultSession } from '../../src/core/ports/vault.ts';

/** Every replica asked for itself: the service in front of them hides the sealed ones. */
export const status = defineCommand({
  name: 'vault status',
  summary: 'Show each replica of Vault, how the bot is logged in, and the stores that point at it',
  examples: ['vault status'],
  may: 'read',
  effect: 'read',
  args: z.object({}),
  words: [],
  async handler({ vault, cluster, freezes, clock, call }) {
    const [replicas, frozen] = await Promise.all([vault.replicas(call), freezeLines(freezes, clock.now())]);
    const health = cluster.health();
    const stores = health.ready ? cluster.stores() : [];
    const card = cardOf(replicas, vault.session(), stores, health.troubles);
    return { card: { ...card, lines: [...frozen, ...(card.lines ?? [])] } };
  },
});

function cardOf(
  replicas: readonly Replica[],
  session: VaultSession,
  stores: readonly Store[],
  troubles: readonly string[],
): Card {
  const sealed = replicas.filter(({ state }) => state === 'sealed').length;
  const active = replicas.find(({ state }) => state === 'active');
  const up = replicas.filter(({ state }) => state === 'active' || state === 'standby').length;
  const ready = stores.every((store) => store.ready.status === 'True');
  const well =
    up === replicas.length &&
    active !== undefined &&
    session.state === 'logged-in' &&
    ready &&
    troubles.length === 0;
  const serving =
    active === undefined
      ? 'no replica is active: no secret can be read or written'
      : `${active.name} is active`;
  return {
    state: active === undefined ? 'failure' : well ? 'success' : 'warning',
    title: `Vault: ${up} of ${replicas.length} replicas unsealed, ${serving}${sealed > 0 ? `, ${sealed} sealed` : ''}`,
    table: { columns: ['Replica', 'State', 'Version', 'Address'], rows: replicas.map(rowOf) },
    fields: [
      { label: 'Login', value: describeSession(session) },
      { label: 'Stores', value: stores.map(describeStore).join('; ') || 'none that point at it' },
    ],
    lines: [...sealedLines(replicas), ...troubles],
  };
}

function rowOf({ name, state, version, address, unseal, why }: Replica): readonly string[] {
  const shares = unseal === undefined ? '' : ` (${unseal.given} of ${unseal.needed} shares given)`;
  return [name, `${state}${shares}${why === undefined ? '' : `: ${why}`}`, version ?? '', address];
}

function sealedLines(replicas: readonly Replica[]): readonly Text[] {
  if (!replicas.some(({ state }) => state === 'sealed')) return [];
  return [
    [
      'To unseal one, a person with a share runs ',
      { code: 'bao operator unseal -address=ADDRESS' },
      ' for its address, until enough shares were given. Never give a share to a bot.',
    ],
  ];
}

function describeSession({ state, method, role, expires, why }: VaultSession): Text {
  const as = role === undefined ? method : `${method}, role ${role}`;
  if (state !== 'logged-in') {
    return `${state === 'failing' ? 'failing' : 'not logged in'} (${as})${why === undefined ? '' : `: ${why}`}`;
  }
  return expires === undefined ? `as ${as}` : [`as ${as}, token until `, { time: expires }];
}

function describeStore({ kind, name, namespace, ready }: Store): string {
  const where = namespace === undefined ? name : `${namespace}/${name}`;
  return `${kind} ${where} ${ready.status === 'True' ? 'Ready' : `not Ready: ${ready.reason}`}`;
}
