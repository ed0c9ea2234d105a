import { describe, expect, test } from 'vitest';
import { externalSecret } from '../../support/fake-cluster.ts';
import { mediaPerson, openHouse, shownText, syncPerson } from '../../support/house.ts';
import { expectUntouched } from '../../support/read-card.ts';

describe('secret sync', () => {
  test('has every reader read again, restarts nobody and writes nothing', async () => {
    const house = openHouse();
    const card = await house.ask('secret sync media/jellyfin');
    expect(shownText(card)).toMatchInlineSnapshot(`
      "✓ media/jellyfin: 2 of 2 ExternalSecrets Ready with what Vault holds now, TOOK   asked by @robin
        ✓ home/homarr Ready with what Vault holds now TOOK
        ✓ media/jellyfin Ready with what Vault holds now TOOK
        No workload was restarted.
        Status: /secret status media/jellyfin
        Request ID
      "
    `);
    expect(house.cluster.marks.toSorted()).toEqual(['home/homarr', 'media/jellyfin']);
    expect(house.vault.writes).toEqual([]);
    expect(house.cluster.restarted).toEqual([]);
  });

  test('says why one can not be asked', async () => {
    const house = openHouse();
    house.cluster.add(
      externalSecret('media/once', ['media/sonarr#token'], {
        unsyncable: 'its refreshPolicy is CreatedOnce',
      }),
    );
    const card = await house.ask('secret sync media/once');
    expect(card.state).toBe('warning');
    expect(shownText(card)).toContain('media/once: its refreshPolicy is CreatedOnce');
    expect(house.cluster.marks).toEqual(['media/sonarr']);
  });

  test('names the readers that it may not ask, and is no success then', async () => {
    const house = openHouse();
    const card = await house.ask('secret sync media/jellyfin', syncPerson);
    expect(card.state).toBe('warning');
    expect(card.title).toContain('1 of 2 ExternalSecrets');
    expect(shownText(card)).toContain('home/homarr: not asked to sync: you have no right in home');
    expect(house.cluster.marks).toEqual(['media/jellyfin']);
    expect(card.actions?.map(({ label }) => label)).toEqual(['Status']);
  });

  test('takes its own right', async () => {
    const house = openHouse();
    expect((await house.ask('secret sync media/jellyfin', mediaPerson)).title).toBe('You may not sync');
    expectUntouched(house);
  });
});
