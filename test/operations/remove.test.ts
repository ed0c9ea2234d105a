import { describe, expect, test } from 'vitest';
import { type Card, plainText } from '../../src/core/card.ts';
import { systemClock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import { VaultPath } from '../../src/core/names.ts';
import type { ExternalSecret } from '../../src/core/ports/cluster.ts';
import { keepRetired } from '../../src/core/proposal/keep-retired.ts';
import { remindRetired } from '../../src/watch/remind-retired.ts';
import { externalSecret } from '../support/fake-cluster.ts';
import { fault } from '../support/fake-vault.ts';
import { mediaPerson, shownText } from '../support/house.ts';
import {
  openProposingHouse,
  type ProposingHouse,
  readByName,
  readWhole,
} from '../support/proposing-house.ts';
import { until } from '../support/until.ts';

const ask = 'secret remove media/plex --confirm';
const folder = 'kubernetes/apps/media/plex/app';
const lastOf = (house: ProposingHouse): Card => house.messages.at(-1)?.at(-1) as Card;
const stepsOf = (card: Card): readonly string[] =>
  (card.steps ?? []).map(({ state, text }) => `${state} ${plainText(text)}`);
const branchOf = (house: ProposingHouse): string =>
  house.forge.branches().find((each) => each !== 'main') ?? '';
const isDeleted = (house: ProposingHouse): boolean =>
  house.vault.secrets.get('media/plex')?.deleted.has(7) === true;

/** A house in which only `media/plex` reads its path. */
function open(options: Parameters<typeof openProposingHouse>[0] = {}): ProposingHouse {
  const house = openProposingHouse(options);
  house.vault.put('media/plex', { claim: 'x' });
  house.cluster.add(externalSecret('media/plex', ['media/plex']));
  return house;
}

/** As Flux prunes it. */
function merge(house: ProposingHouse): void {
  house.forge.merge(1);
  house.cluster.external.delete('media/plex');
}

describe('removing a secret', () => {
  test('shows what would change first, and changes nothing', async () => {
    const house = open();
    const card = await house.ask('secret remove media/plex');
    expect(card.state).toBe('info');
    expect(plainText(card.title)).toContain('nothing has changed yet');
    expect(card.actions?.[0]?.command).toBe('secret remove media/plex --confirm');
    expect(JSON.stringify(card.fields)).toContain(
      `${folder}/externalsecret.yaml, ${folder}/kustomization.yaml`,
    );
    expect([house.vault.writes, house.forge.did]).toEqual([[], []]);
  });

  test('takes its file out of Git, and after the merge its path out of Vault', async () => {
    const house = open();
    const card = await house.ask(ask);
    expect(plainText(card.title)).toBe('media/plex waits for a second person: pull request #1');
    expect(house.forge.fileAt(branchOf(house), `${folder}/externalsecret.yaml`)).toBeUndefined();
    expect(house.forge.fileAt(branchOf(house), `${folder}/kustomization.yaml`)).not.toContain(
      'externalsecret',
    );
    expect(house.vault.writes).toEqual([]);
    merge(house);
    await house.follow(() => lastOf(house).state === 'success');
    expect(plainText(lastOf(house).title)).toMatch(/^media\/plex is gone: merged as/);
    expect(stepsOf(lastOf(house)).at(-1)).toMatch(/^done v7 of kv\/media\/plex is deleted; .* until \d{4}-/);
    expect(isDeleted(house)).toBe(true);
    expect(JSON.stringify(lastOf(house).lines)).toContain('bao kv metadata delete -mount=kv media/plex');
    expect(house.vault.writes).toEqual(['delete media/plex 1,2,3,4,5,6,7']);
  });

  test.each([
    [
      'somebody else reads it',
      (house: ProposingHouse) => house.cluster.add(externalSecret('home/board', ['find:media'])),
      'home/board reads it',
    ],
    [
      'Git names it elsewhere',
      (house: ProposingHouse) =>
        house.forge.put('kubernetes/other.yaml', readByName.replaceAll('media/jellyfin', 'media/plex')),
      'kubernetes/other.yaml of main names it',
    ],
  ])('leaves what is in Vault where %s', async (_what, change, why) => {
    const house = open();
    await house.ask(ask);
    merge(house);
    change(house);
    await house.follow(() => plainText(lastOf(house).title).includes('is gone'));
    expect(lastOf(house).state).toBe('warning');
    expect(stepsOf(lastOf(house)).at(-1)).toBe(`unsure kv/media/plex stays as it is: ${why}`);
    expect(house.vault.writes).toEqual([]);
  });

  test('leaves all as it is when its proposal is closed', async () => {
    const house = open();
    await house.ask(ask);
    await house.forge.closeProposal(1);
    await house.follow(() => plainText(lastOf(house).title).includes('was not approved'));
    expect(JSON.stringify(lastOf(house).lines)).toContain('Nothing was removed.');
    expect(house.vault.writes).toEqual([]);
  });

  test('is reminded of when its grace period is over, once, unless somebody brought it back', async () => {
    for (const isBack of [false, true]) {
      const house = open({ graceDays: 0 });
      await house.ask(ask);
      merge(house);
      await house.follow(() => lastOf(house).state === 'success');
      if (isBack) house.vault.secrets.get('media/plex')?.deleted.clear();
      const shown: Card[] = [];
      const stop = new AbortController();
      const running = remindRetired({
        retired: keepRetired(house.leases, systemClock),
        vault: house.vault,
        surface: { show: async (_place, card) => (shown.push(card), { message: '0' }) },
        role: () => 'leader',
        clock: systemClock,
        log: silentLog,
        everyMs: 5,
      }).run(stop.signal);
      const left = (): boolean => [...house.leases.stored.keys()].some((name) => name.startsWith('retired-'));
      await until('it is forgotten', () => !left());
      stop.abort();
      await running;
      expect(shown.map(({ title }) => plainText(title).replace(/\d{4}-\d\d-\d\d/, 'DAY'))).toEqual(
        isBack
          ? []
          : ['kv/media/plex can be destroyed: media/plex was removed on DAY, and nobody has brought it back'],
      );
    }
  });
});

test('a reminder that can’t be told keeps no other from being told, and one that never can is forgotten', async () => {
  const house = open();
  const retired = keepRetired(house.leases, systemClock);
  const record = (id: string, path: string) => ({
    id,
    requestId: id,
    actor: { id: 'U1', name: 'robin', surface: 'slack' as const },
    place: { channel: id },
    target: 'media/plex',
    path: VaultPath.parse(path),
    version: 7,
    at: '2026-01-01T00:00:00.000Z',
    until: '2026-01-31T00:00:00.000Z',
  });
  const call = { signal: AbortSignal.timeout(5_000), requestId: 'x' };
  for (const id of ['aaaaaaaa', 'bbbbbbbb', 'cccccccc']) {
    house.vault.put(`media/${id}`, { claim: 'x' });
    await house.vault.deleteVersions(VaultPath.parse(`media/${id}`), [1, 2, 3, 4, 5, 6, 7]);
    await retired.keep(record(id, `media/${id}`), call);
  }
  const told: string[] = [];
  const stop = new AbortController();
  const running = remindRetired({
    retired,
    vault: house.vault,
    surface: {
      async show(place) {
        const channel = String(place['channel']);
        told.push(channel);
        if (channel === 'aaaaaaaa') throw fault('slack-unreachable');
        if (channel === 'bbbbbbbb') throw fault('slack-refused');
        return { message: '0' };
      },
    },
    role: () => 'leader',
    clock: systemClock,
    log: silentLog,
    everyMs: 60_000,
  }).run(stop.signal);
  await until('the last is told', () => told.includes('cccccccc'));
  await until('two are forgotten', () => {
    const left = [...house.leases.stored.keys()].filter((name) => name.startsWith('retired-'));
    return left.join() === 'retired-aaaaaaaa';
  });
  stop.abort();
  await running;
});

describe('removing a property', () => {
  const both = readByName.replace(
    '        property: api-key\n',
    '        property: api-key\n    - secretKey: old\n      remoteRef:\n        key: kv/data/media/jellyfin\n        property: old\n',
  );

  test('takes its entry out of Git, and leaves its value beside the others', async () => {
    const house = openProposingHouse();
    house.forge.put('kubernetes/apps/media/jellyfin/app/externalsecret.yaml', both);
    house.cluster.add(externalSecret('media/jellyfin', ['media/jellyfin#api-key', 'media/jellyfin#old']));
    const card = await house.ask('secret remove media/jellyfin old --confirm');
    expect(plainText(card.title)).toContain('old of media/jellyfin waits');
    expect(
      house.forge.fileAt(branchOf(house), 'kubernetes/apps/media/jellyfin/app/externalsecret.yaml'),
    ).toBe(readByName);
    house.forge.merge(1);
    house.cluster.add(externalSecret('media/jellyfin', ['media/jellyfin#api-key']));
    await house.follow(() => lastOf(house).state === 'success');
    expect(stepsOf(lastOf(house)).at(-1)).toBe('done ExternalSecret media/jellyfin reads old no more');
    expect(JSON.stringify(lastOf(house).lines)).toContain('The value stays in Vault');
    expect(house.vault.writes).toEqual([]);
  });

  const whole = readWhole.replace('        PLEX_CLAIM', '        PLEX_OLD: "{{ .old }}"\n        PLEX_CLAIM');
  const plex = (
    takes: readonly string[] | undefined,
    settled: boolean,
    more: Partial<ExternalSecret> = {},
  ): ExternalSecret =>
    externalSecret('media/plex', ['media/plex'], {
      ...(takes === undefined ? {} : { template: { takes, settled } }),
      ...more,
    });

  /** Of one that takes all of a path: merged, with what the cluster shows of it then. */
  async function mergeWhole(...seen: readonly ExternalSecret[]): Promise<readonly string[]> {
    const house = openProposingHouse();
    house.forge.put(`${folder}/externalsecret.yaml`, whole);
    house.vault.put('media/plex', { claim: 'x', old: 'y' });
    house.cluster.add(plex(['old', 'claim'], true));
    await house.ask('secret remove media/plex old --confirm');
    expect(house.forge.fileAt(branchOf(house), `${folder}/externalsecret.yaml`)).toBe(readWhole);
    house.forge.merge(1);
    const ended = house.follow(() => ['success', 'warning'].includes(lastOf(house).state));
    for (const each of seen) {
      await until('it is waited for', () => /… waiting for/.test(shownText(lastOf(house))));
      house.cluster.add(each);
    }
    await ended;
    return stepsOf(lastOf(house)).slice(-1);
  }

  test('is proven by a template that names it no more, once the Secret was made by it', async () => {
    expect(await mergeWhole(plex(['claim'], false), plex(['claim'], true))).toEqual([
      'done ExternalSecret media/plex made its Secret by a template without old',
    ]);
  });

  test.each([
    ['its template may take everything', plex(undefined, false)],
    ['its Secret can’t change', plex(['claim'], true, { unprovable: ['its target Secret is immutable'] })],
    ['it is read only once', plex(['claim'], false, { unsyncable: 'its refreshPolicy is CreatedOnce' })],
  ])('is not known where %s', async (_why, seen) => {
    expect(await mergeWhole(seen)).toEqual([
      'unsure ExternalSecret media/plex takes all of a path: what its Secret leaves out can’t be seen',
    ]);
  });

  test('is refused for the last one', async () => {
    const house = openProposingHouse();
    const card = await house.ask('secret remove media/jellyfin api-key --confirm');
    expect(JSON.stringify(card)).toContain('nothing would be left');
    expect(house.forge.did).toEqual([]);
  });
});

test('removing takes a right of its own', async () => {
  const card = await open().ask(ask, mediaPerson);
  expect(JSON.stringify(card)).toContain('ou may not propose to remove secrets');
});
