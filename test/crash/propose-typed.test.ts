import { describe, expect, test } from 'vitest';
import { plainText } from '../../src/core/card.ts';
import { SecretValue } from '../../src/core/secret-value.ts';
import { forgeFault } from '../support/fake-forge.ts';
import { fault } from '../support/fake-vault.ts';
import { type Blow, type CallPoint, Mortal } from '../support/mortal.ts';
import { openProposingHouse, type ProposingHouse } from '../support/proposing-house.ts';
import { until } from '../support/until.ts';
import { lastCards } from './tales.ts';

/* The replica that was given a value dies: another goes on from the journal, which has none. */

const brought = 'CANARY-brought-1c9e';
const path = 'media/jellyseerr';
const call = { signal: new AbortController().signal, requestId: 'test' };

interface Told {
  readonly house: ProposingHouse;
  readonly calls: readonly CallPoint[];
  readonly last: string;
}

/** One replica is given the value; something may happen to one of its calls, and another goes on with what it left. */
async function play(category: string, at?: CallPoint, blow?: Blow): Promise<Told> {
  const mortal = new Mortal(at, blow, (name) =>
    name.startsWith('forge') ? forgeFault('forge-unreachable') : fault('vault-no-answer'),
  );
  const leaseSeconds = at === undefined ? 30 : 0.3;
  const a = openProposingHouse({ through: mortal.through, leaseSeconds, page: true });
  const b = openProposingHouse({ over: a, leaseSeconds: 0.3 });
  const card = await a.ask(`secret new ${path} api-key --category ${category} --kind typed`);
  const found = await a.store.find(card.links?.[0]?.url.split('/').at(-1) ?? '', call);
  if (found === undefined) throw new Error('no link');
  const values = new Map(found.request.fields.map((name) => [name, new SecretValue(brought)]));
  const before = mortal.calls.length;
  void a.take({ request: found.request, values }, call).catch(() => undefined);
  await until('it has ended', () => isOver(a));
  await b.operations.close();
  return { house: a, calls: mortal.calls.slice(before), last: words(a) };
}

function isOver(house: ProposingHouse): boolean {
  const journals = [...house.leases.stored.values()].filter(({ name }) => name.startsWith('op-'));
  return (
    journals.length > 0 &&
    journals.every(({ annotations }) =>
      (annotations['chatelaine.dev/journal'] ?? '').includes('"phase":"closed"'),
    )
  );
}

function words(house: ProposingHouse): string {
  const ended = lastCards(house).filter(({ state }) => state !== 'working');
  return ended.map(({ title }) => plainText(title)).join('\n');
}

const lossy = ['vault create', 'forge commit', 'forge openProposal'];

function casesOf({ calls }: Told) {
  const begun = calls.findIndex(({ name }) => name === 'leases create op');
  return calls.slice(begun).flatMap((at) => {
    if (/^leases (get|list)/.test(at.name)) return [];
    const blows: readonly Blow[] = lossy.includes(at.name) ? ['die after', 'lose answer'] : ['die after'];
    return blows.map((blow) => ({ name: `${at.name} ${at.time}`, at, blow }));
  });
}

describe.each(['application', 'bootstrap'])('a value that was brought (%s)', async (category) => {
  const undisturbed = await play(category);
  const cases = casesOf(undisturbed);
  const inVault = category === 'application';

  test('is proposed where nothing happens', () => {
    expect(undisturbed.last).toBe(`api-key of ${path} waits for a second person: pull request #1`);
    expect(cases.length).toBeGreaterThan(10);
  });

  test.concurrent.each(cases)('$blow of $name: it is proposed, or it is nowhere', async ({ at, blow }) => {
    const { house, last } = await play(category, at, blow);
    const kept = house.vault.secrets.get(path)?.versions ?? [];
    const values = kept.map((version) => version.get('api-key'));
    const everywhere = JSON.stringify([
      house.forge.texts,
      house.messages,
      house.log,
      [...house.leases.stored.values()],
    ]);
    expect(everywhere).not.toContain(brought);
    if (last.includes('waits for a second person')) {
      expect(new Set(values)).toEqual(new Set(inVault ? [brought] : []));
      expect(house.forge.did.filter((did) => did.startsWith('open'))).toEqual(['open #1']);
    } else {
      // Only where the replica died between its journal and Vault: nobody else has the value.
      expect(last).toContain('the replica that was given the value stopped before Vault had it');
      expect(inVault && blow).toBe('die after');
      expect(values).toEqual([]);
      expect(house.forge.did).toEqual([]);
    }
  });
});

test('a replica that died over Vault’s answer leaves it open whose version it is', async () => {
  const { house } = await play('application', { name: 'vault create', time: 1 }, 'die after');
  const steps = lastCards(house).flatMap(({ steps: each = [] }) => each.map(({ text }) => plainText(text)));
  expect(steps.join()).toContain('ours or another’s');
  expect(house.vault.secrets.get(path)?.custom['chatelaine-versions']).toMatch(/^v1=\?\|/);
});
