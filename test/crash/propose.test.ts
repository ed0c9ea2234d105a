import { describe, expect, test } from 'vitest';
import { plainText } from '../../src/core/card.ts';
import { externalSecret } from '../support/fake-cluster.ts';
import { forgeFault } from '../support/fake-forge.ts';
import type { Blow, CallPoint } from '../support/mortal.ts';
import { added, approved, closed, lastCards, play, plex, pruned, type Tale, type Told } from './tales.ts';

const path = 'media/jellyseerr';
const ask = `secret new ${path} api-key --category application`;
const whole = { ask, path, when: 'while it waits' } as const;

/** Answers that a test loses: of what changes something on another server. */
const lossy = [
  'vault create',
  'vault annotate',
  'vault deleteVersions',
  'forge commit',
  'forge openProposal',
];

interface Case {
  readonly name: string;
  readonly at: CallPoint;
  readonly blow: Blow;
}

/**
 * After every call since the request has its journal, which is before the next one. After a look at a Lease nothing is
 * different.
 */
function casesOf({ calls }: Told): readonly Case[] {
  const begun = calls.findIndex(({ name }) => name === 'leases create op');
  return calls.slice(begun).flatMap((at): readonly Case[] => {
    if (/^leases (get|list)/.test(at.name)) return [];
    const blows: readonly Blow[] = lossy.includes(at.name) ? ['die after', 'lose answer'] : ['die after'];
    return blows.map((blow) => ({ name: `${at.name} ${at.time}`, at, blow }));
  });
}

/** Whether a replica died that had written and could not say so: then the next one writes again, over it. */
function leavesDoubt({ at }: Case): boolean {
  return at.name === 'vault create' || at.name === 'vault patch';
}

/** Whether a message was posted and not journaled: it stays at work, and another tells the end. */
function leavesMessage({ at }: Case): boolean {
  return at.name === 'surface show';
}

/** What is there at the end. Versions are counted from the newest, which is not the same where one was written twice. */
async function endOf({ house, ended }: Told, path: string) {
  const kept = house.vault.secrets.get(path);
  const versions = kept?.versions.length ?? 0;
  const counted = (text: string): string => text.replaceAll(`v${versions}`, 'the newest');
  const proposals = await house.forge.listProposals();
  return {
    ended: ended.map(counted),
    properties: [...(kept?.versions.at(-1)?.keys() ?? [])],
    isDeleted: kept?.deleted.has(versions),
    proven: counted(kept?.custom['chatelaine-proven'] ?? ''),
    opened: house.forge.did.filter((did) => did.startsWith('open')),
    proposals: proposals.map(
      ({ state, body }) => `${state} ${counted(body.slice(body.indexOf('Vault has it')))}`,
    ),
    branches: house.forge.branches(),
    left: [...house.leases.stored.keys()].filter((name) => !name.startsWith('op-')),
  };
}

async function expectSame(tale: Tale, undisturbed: Told, each: Case): Promise<void> {
  const told = await play(tale, each.at, each.blow);
  expect(told.wasStruck).toBe(true);
  expect(await endOf(told, tale.path)).toEqual(await endOf(undisturbed, tale.path));
  const { house } = told;
  const versionsOf = (one: Told): number => one.house.vault.secrets.get(tale.path)?.versions.length ?? 0;
  expect(versionsOf(told) - versionsOf(undisturbed)).toBeLessThanOrEqual(leavesDoubt(each) ? 1 : 0);
  expect(house.messages.length).toBeLessThanOrEqual(leavesMessage(each) ? 2 : 1);
  expect(new Set(house.flux.asked.map(({ mark }) => mark)).size).toBeLessThanOrEqual(1);
}

const tales: readonly (readonly [string, Tale])[] = [
  ['approved and merged while nobody looks', { ...whole, end: approved }],
  ['closed while nobody looks', { ...whole, end: closed }],
  [
    'for a property of what is there, and merged',
    {
      ...whole,
      ask: 'secret new media/jellyfin another-key --category application',
      path: 'media/jellyfin',
      end: added,
    },
  ],
  [
    'to remove what only it used, and merged',
    {
      ask: 'secret remove media/plex --confirm',
      path: 'media/plex',
      when: 'while it waits',
      before: plex,
      end: pruned,
    },
  ],
];

describe.each(tales)('a replica that dies over a proposal which is %s', async (_what, tale) => {
  const undisturbed = await play(tale);
  const cases = casesOf(undisturbed);

  test('makes many calls, and tells one end', () => {
    expect(cases.length).toBeGreaterThan(25);
    expect(undisturbed.ended).toHaveLength(1);
  });

  test.concurrent.each(cases)('$blow of $name: the end is the same', (each) =>
    expectSame(tale, undisturbed, each),
  );
});

/** Somebody writes the value as soon as they are asked for it. */
const askedFor: Tale = {
  ...whole,
  ask: 'secret new media/jellyfin token --category application --typed smtp',
  path: 'media/jellyfin',
  end: (house) => {
    house.forge.merge(1);
    house.cluster.add(
      externalSecret(
        'media/jellyfin',
        ['api-key', 'smtp', 'token'].map((each) => `media/jellyfin#${each}`),
      ),
    );
  },
  onMessage: (house) => {
    const kept = house.vault.secrets.get('media/jellyfin');
    const before = kept?.versions.at(-1) ?? new Map<string, string>();
    const isAsked = lastCards(house).some(({ title }) => plainText(title).includes('now bring its value'));
    if (isAsked && !before.has('smtp')) kept?.versions.push(new Map([...before, ['smtp', 'theirs']]));
  },
};

describe('a replica that dies over a value which is asked for after the merge', async () => {
  const undisturbed = await play(askedFor);
  const cases = casesOf(undisturbed);

  test('asks once, and goes on with what it is given', () => {
    expect(undisturbed.ended.join('\n')).toMatch(/done Vault wrote v9[^]*now bring its value/);
    expect(undisturbed.house.messages).toHaveLength(2);
    expect(cases.length).toBeGreaterThan(30);
  });

  test.concurrent.each(cases)(
    '$blow of $name: the end is the same, and what was given stays',
    async (each) => {
      const told = await play(askedFor, each.at, each.blow);
      expect(told.wasStruck).toBe(true);
      const unique = (ended: readonly string[]): readonly string[] => [...new Set(ended)].toSorted();
      const [is, be] = [await endOf(told, askedFor.path), await endOf(undisturbed, askedFor.path)];
      expect({ ...is, ended: unique(is.ended) }).toEqual({ ...be, ended: unique(be.ended) });
      const { house } = told;
      expect(house.vault.secrets.get(askedFor.path)?.versions.at(-1)?.get('smtp')).toBe('theirs');
      expect(house.messages.length).toBeLessThanOrEqual(each.at.name === 'surface show' ? 3 : 2);
    },
  );
});

const pair: Tale = {
  ...whole,
  ask: `secret new ${path} identity --category application --kind ssh`,
  end: (house) => {
    house.forge.merge(1);
    house.cluster.add(externalSecret(path, [path]));
  },
};

describe('a replica that dies while a key pair is written', async () => {
  const undisturbed = await play(pair);
  const cases = casesOf(undisturbed);
  const pushed = cases.findIndex(({ at }) => at.name === 'forge commit');

  test.concurrent.each(cases.slice(0, pushed + 2))(
    '$blow of $name: both halves are of one pair',
    async (each) => {
      await expectSame(pair, undisturbed, each);
      const { house } = await play(pair, each.at, each.blow);
      const kept = house.vault.secrets.get(path);
      expect(kept?.custom['chatelaine-key-pairs']).toBe('identity=ssh');
      const shown = lastCards(house).flatMap(({ fields = [] }) => fields);
      const value = [{ code: kept?.versions.at(-1)?.get('identity.pub')?.trim() }];
      expect(shown).toContainEqual({ label: 'Public key (identity.pub)', value });
    },
  );
});

const atOnce: readonly (readonly [string, Tale])[] = [
  ['merged', { ...whole, when: 'at once', end: approved }],
  ['closed', { ...whole, when: 'at once', end: closed }],
];

describe.each(atOnce)('a proposal that is %s in the moment in which it is opened', async (_what, tale) => {
  const undisturbed = await play(tale);
  const cases = casesOf(undisturbed);
  const opened = cases.findIndex(({ at }) => at.name === 'forge openProposal');
  const handedOn = cases.findIndex(({ at }) => at.name === 'leases create proposal');

  test.concurrent.each(cases.slice(opened, handedOn + 2))('$blow of $name: the end is the same', (each) =>
    expectSame(tale, undisturbed, each),
  );
});

describe('a proposal that the Git host refuses in the end', async () => {
  const refused = Array.from({ length: 9 }, () => forgeFault('forge-denied'));
  const tale: Tale = {
    ...whole,
    before: (house) => void house.forge.fails.set('setStatus', [...refused]),
    end: () => undefined,
  };
  const undisturbed = await play(tale);

  test('is closed, and what it wrote is taken back', () => {
    expect(undisturbed.ended[0]).toContain('was not proposed: the Git host said forge-denied');
    expect(undisturbed.house.vault.writes.at(-1)).toBe('delete media/jellyseerr 1');
  });

  test.concurrent.each(casesOf(undisturbed))('$blow of $name: the end is the same', (each) =>
    expectSame(tale, undisturbed, each),
  );
});
