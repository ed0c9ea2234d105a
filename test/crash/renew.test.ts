import { describe, expect, test } from 'vitest';
import { plainText } from '../../src/core/card.ts';
import { type House, openHouse } from '../support/house.ts';
import { type CallPoint, Mortal } from '../support/mortal.ts';
import { until } from '../support/until.ts';
import { expire } from './tales.ts';

interface Told {
  readonly house: House;
  readonly calls: readonly CallPoint[];
  readonly wasStruck: boolean;
}

async function play(at?: CallPoint): Promise<Told> {
  const mortal = new Mortal(at, 'die after');
  const a = openHouse({ through: mortal.through, leaseSeconds: 30 });
  const ready = { status: 'True', reason: 'Registered', message: '' } as const;
  a.certificates.known.push({
    kind: 'ClusterIssuer',
    group: 'cert-manager.io',
    name: 'letsencrypt',
    type: 'acme',
    ready,
  });
  void a.ask('secret rotate media/web').catch(() => undefined);
  mortal.onDeath = () => expire(a.leases);
  const b = openHouse({ over: a, leaseSeconds: 1.2 });
  const journal = (): string =>
    a.leases.stored.get([...a.leases.stored.keys()].find((name) => name.startsWith('op-')) ?? '')
      ?.annotations['chatelaine.dev/journal'] ?? '';
  await until('the renewal has ended', () => journal().includes('"phase":"closed"'));
  await b.operations.close();
  return { house: a, calls: mortal.calls, wasStruck: mortal.wasStruck };
}

describe('a replica that dies over a renewal', async () => {
  const { calls } = await play();
  const begun = calls.findIndex(({ name }) => name === 'leases create op');
  const points = calls.slice(begun).filter(({ name }) => !/^leases (get|list)/.test(name));

  test('makes several calls', () => {
    expect(points.length).toBeGreaterThan(6);
    expect(points.map(({ name }) => name)).toContain('certificates renew');
  });

  test.concurrent.each(points)(
    'after $name $time: the certificate is renewed once, and one message says so',
    async (at) => {
      const { house, wasStruck } = await play(at);
      expect(wasStruck).toBe(true);
      const last = house.messages
        .flatMap((cards) => cards.at(-1) ?? [])
        .filter(({ state }) => state !== 'working');
      expect(last.map(({ title }) => plainText(title).replace(/, \d.*/, ''))).toEqual([
        'Certificate media/web is renewed as revision 4',
      ]);
      // Asked for again it is the same request: the ticket names the revision that is to be replaced.
      expect(new Set(house.certificates.tickets.map((ticket) => JSON.stringify(ticket))).size).toBe(1);
      expect([...house.leases.stored.keys()].filter((name) => name.startsWith('lock-'))).toEqual([]);
    },
  );
});
