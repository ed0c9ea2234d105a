import { describe, expect, test } from 'vitest';
import { type Card, plainText } from '../../src/core/card.ts';
import { externalSecret } from '../support/fake-cluster.ts';
import { fault } from '../support/fake-vault.ts';
import { admin, mediaPerson, shownText } from '../support/house.ts';
import {
  openProposingHouse,
  type ProposingHouse,
  readByName,
  readWhole,
} from '../support/proposing-house.ts';

const ask = 'secret new media/jellyfin another-key --category application';
const lastOf = (house: ProposingHouse): Card => house.messages.at(-1)?.at(-1) as Card;
const stepsOf = (card: Card): readonly string[] =>
  (card.steps ?? []).map(({ state, text }) => `${state} ${plainText(text)}`);
const branchOf = (house: ProposingHouse): string =>
  house.forge.branches().find((each) => each !== 'main') ?? '';
const fileOf = (app: string): string => `kubernetes/apps/media/${app}/app/externalsecret.yaml`;

/** As Flux applies it: the ExternalSecret reads what was added as well. */
function applied(house: ProposingHouse): void {
  house.cluster.add(
    externalSecret('media/jellyfin', ['media/jellyfin#api-key', 'media/jellyfin#another-key']),
  );
}

describe('a property for a secret that is there', () => {
  test('is proposed by an edit that leaves every other byte, and nothing is written before the merge', async () => {
    const house = openProposingHouse();
    const card = await house.ask(ask);
    expect(plainText(card.title)).toBe(
      'another-key of media/jellyfin waits for a second person: pull request #1',
    );
    expect(stepsOf(card)).toEqual([
      'done pull request #1 opened',
      'working waits for the approval of somebody other than who asked',
      'waiting merge',
      'waiting write another-key to kv/media/jellyfin',
      'waiting apply with Flux',
      'waiting see media/jellyfin live',
    ]);
    expect(house.vault.writes).toEqual([]);
    expect(house.forge.fileAt(branchOf(house), fileOf('jellyfin'))).toBe(
      `${readByName}    - secretKey: another-key\n      remoteRef:\n        key: kv/data/media/jellyfin\n        property: another-key\n        conversionStrategy: Default\n        decodingStrategy: None\n        metadataPolicy: None\n`,
    );
    expect(house.forge.did[0]).toBe(`commit ${fileOf('jellyfin')}`);
  });

  test('is generated after the merge, beside what is there, and live then', async () => {
    const house = openProposingHouse();
    await house.ask(ask);
    const before = house.vault.secrets.get('media/jellyfin')?.versions.at(-1)?.get('api-key');
    house.forge.merge(1);
    applied(house);
    await house.follow(() => lastOf(house).state === 'success');
    expect(stepsOf(lastOf(house)).slice(2)).toEqual([
      expect.stringMatching(/^done merged as [0-9a-f]{7} by ada$/),
      'done Vault wrote v8 of kv/media/jellyfin',
      expect.stringMatching(/^done Flux applied [0-9a-f]{7} \(flux-system\/jellyfin\)$/),
      'done media/jellyfin Ready with v8',
    ]);
    const now = house.vault.secrets.get('media/jellyfin')?.versions.at(-1);
    expect(now?.get('api-key')).toBe(before);
    expect(now?.get('another-key')).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(house.vault.writes).toEqual([
      'patch media/jellyfin another-key',
      'annotate media/jellyfin chatelaine-versions,chatelaine-recipes',
    ]);
    // Others read the path, and were not looked at: it is not called proven.
    expect(house.vault.secrets.get('media/jellyfin')?.custom['chatelaine-proven']).toBe('v6');
    const value = now?.get('another-key') ?? '';
    const everywhere = JSON.stringify([
      house.forge.texts,
      house.messages,
      house.log,
      [...house.leases.stored.values()],
    ]);
    expect(everywhere).not.toContain(value);
  });

  test('is not live before Flux has applied it', async () => {
    const house = openProposingHouse();
    house.flux.outcome = { state: 'suspended', what: 'flux-system/jellyfin' };
    await house.ask(ask);
    house.forge.merge(1);
    const written = (): boolean => house.vault.writes.length === 2;
    await house.follow(written);
    expect(house.cluster.marks).toEqual([]);
  });

  test('leaves nothing when it is closed', async () => {
    const house = openProposingHouse();
    await house.ask(ask);
    await house.forge.closeProposal(1);
    await house.follow(() => plainText(lastOf(house).title).includes('was not approved'));
    expect(house.vault.writes).toEqual([]);
    expect(house.forge.branches()).toEqual(['main']);
    expect(JSON.stringify(lastOf(house).lines)).toContain('Nothing was written');
    expect(stepsOf(lastOf(house))).toEqual([
      'done pull request #1 opened',
      'skipped no second person approved it',
    ]);
  });

  test('goes through the template of what takes the whole path, and says who takes it', async () => {
    const house = openProposingHouse();
    house.vault.put('media/plex', { claim: 'x' });
    house.cluster.add(
      externalSecret('media/plex', ['media/plex']),
      externalSecret('home/board', ['find:media']),
    );
    const card = await house.ask('secret new media/plex token --category application');
    expect(house.forge.fileAt(branchOf(house), fileOf('plex'))).toBe(
      readWhole.replace('"{{ .claim }}"\n', '"{{ .claim }}"\n        token: "{{ .token }}"\n'),
    );
    expect(JSON.stringify(card.lines)).toContain('home/board, media/plex takes all of kv/media/plex');
    expect(house.forge.texts.join('\n')).toContain('home/board, media/plex takes all of');
    expect(house.vault.writes).toEqual([]);
    house.forge.merge(1);
    await house.follow(() => lastOf(house).state === 'success');
    expect(house.vault.secrets.get('media/plex')?.versions.at(-1)?.has('token')).toBe(true);
  });
});

describe('a property that can’t be added is refused before anything is proposed:', () => {
  test.each([
    [
      'it is there already',
      'secret new media/jellyfin api-key --category application',
      'kv/media/jellyfin has api-key already',
    ],
    [
      'nothing in Git would change',
      'secret new home/paperless token --category application',
      'there is none in',
    ],
    ['several paths are read', 'secret new media/two token --category application', 'reads several paths'],
  ])('%s', async (_what, line, why) => {
    const house = openProposingHouse();
    house.cluster.add(externalSecret('media/two', ['shared/a#x', 'shared/b#y']));
    const card = await house.ask(line);
    expect(card.state).toBe('failure');
    expect(JSON.stringify(card)).toContain(why);
    expect([house.vault.writes, house.forge.did]).toEqual([[], []]);
  });

  test('what takes all of a path without a template shows nobody anything to approve', async () => {
    const house = openProposingHouse();
    house.vault.put('media/plex', { claim: 'x' });
    house.cluster.add(externalSecret('media/plex', ['media/plex']));
    house.forge.put(fileOf('plex'), readWhole.replace(/ {4}template:\n.*\n.*\n/, ''));
    const text = shownText(await house.ask('secret new media/plex token --category application'));
    expect(text).toContain('nothing in Git would change, so nobody could approve it');
    // A mount with cas_required refuses a command without.
    expect(text).toContain('bao kv patch -cas=7 -mount=kv media/plex token=-');
    expect(house.forge.did).toEqual([]);
  });

  test('somebody has proposed for it, or has not the right', async () => {
    const house = openProposingHouse();
    await house.ask(ask);
    expect(JSON.stringify(await house.ask(ask, admin))).toContain('has proposed media/jellyfin already');
    expect(JSON.stringify(await house.ask(ask, mediaPerson))).toContain('ou may not propose');
  });
});

describe('what was approved and can’t be written', () => {
  test.each([
    [
      'somebody wrote it meanwhile',
      (house: ProposingHouse) =>
        house.vault.secrets.get('media/jellyfin')?.versions.push(new Map([['another-key', 'theirs']])),
      'somebody else has written there what was to be added',
      'Nothing was written over it',
    ],
    [
      'Vault refuses it',
      (house: ProposingHouse) =>
        house.vault.fails.set('patch', fault('vault-denied', 'the policy does not allow it')),
      'the policy does not allow it',
      'has no another-key yet',
    ],
  ])('is told: %s', async (_what, change, why, now) => {
    const house = openProposingHouse();
    await house.ask(ask);
    change(house);
    house.forge.merge(1);
    await house.follow(() => lastOf(house).state === 'warning');
    expect(plainText(lastOf(house).title)).toContain(why);
    expect(JSON.stringify(lastOf(house).lines)).toContain(now);
    expect(house.vault.writes).toEqual([]);
  });
});
