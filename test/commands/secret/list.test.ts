import { describe, expect, test } from 'vitest';
import { fault } from '../../support/fake-vault.ts';
import { mediaPerson, openHouse, stranger } from '../../support/house.ts';
import { wordsOf } from '../../support/read-card.ts';

describe('secret list', () => {
  test('shows what the person may see, those that fail first', async () => {
    const card = await openHouse().ask('secret list');
    expect(card.title).toBe('8 secrets you may see, 1 not Ready');
    expect(card.state).toBe('info');
    expect(card.table?.rows[0]).toEqual(['security/dex', 'SecretSyncedError', 'security/dex']);
    expect(card.table?.rows.find(([name]) => name === 'home/search')?.[2]).toBe('by search');
  });

  test('of one namespace, or only what fails', async () => {
    const house = openHouse();
    expect((await house.ask('secret list media')).title).toBe('3 secrets you may see in media, all Ready');
    expect((await house.ask('secret list --failing')).table?.rows).toHaveLength(1);
    const none = await house.ask('secret list media', stranger);
    expect(none.title).toBe('You may not look at secrets');
  });

  test('shows a person nothing of what no grant shows them', async () => {
    const house = openHouse();
    const card = await house.ask('secret list', mediaPerson);
    expect(card.table?.rows.map(([name]) => name)).toEqual(['media/jellyfin', 'media/sonarr']);
    expect(wordsOf(await house.ask('secret list home', mediaPerson))).toContain(
      'Nothing here is in your sight',
    );
  });

  test('says it when the cache is not filled yet', async () => {
    const house = openHouse();
    house.cluster.fails.set(
      'externalSecrets',
      fault('cache-not-ready', 'ExternalSecrets are still being listed'),
    );
    expect((await house.ask('secret list')).title).toContain('ExternalSecrets are still being listed');
  });
});
