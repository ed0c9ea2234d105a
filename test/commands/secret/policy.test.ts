import { describe, expect, test } from 'vitest';
import { mediaPerson, openHouse } from '../../support/house.ts';
import { expectUntouched, wordsOf } from '../../support/read-card.ts';

describe('secret policy', () => {
  test('remembers, and says what follows from it', async () => {
    const house = openHouse();
    const card = await house.ask('secret policy media/sonarr token --nature external');
    expect(card.title).toBe('token of media/sonarr: external, remembered with kv/media/sonarr');
    expect(wordsOf(card)).toContain('It will not be rotated by one command');
    expect(house.vault.writes).toEqual(['annotate media/sonarr chatelaine-natures']);
    expect((await house.ask('secret rotate media/sonarr')).title).toBe(
      "token of media/sonarr can't be rotated by one command",
    );
  });

  test('says it when the property is not there', async () => {
    const card = await openHouse().ask('secret policy media/sonarr tokne --nature external');
    expect(card.state).toBe('warning');
    expect(wordsOf(card)).toContain('The current version has no tokne; it has token.');
  });

  test('takes its own right', async () => {
    const house = openHouse();
    const card = await house.ask('secret policy media/jellyfin api-key --nature external', mediaPerson);
    expect(card.title).toBe('You may not change policies');
    expectUntouched(house);
  });
});
