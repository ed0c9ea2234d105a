import { describe, expect, test } from 'vitest';
import { plainText } from '../../../src/core/card.ts';
import { mediaPerson, openHouse } from '../../support/house.ts';
import { expectUntouched, wordsOf } from '../../support/read-card.ts';

describe('rotation policies', () => {
  test.each(['every 90d', '--every 90d', '--every=90d'])(
    'are remembered as /secret policy NAME %s',
    async (how) => {
      const house = openHouse();
      const card = await house.ask(`secret policy media/jellyfin ${how}`);
      expect(card.title).toBe('media/jellyfin: to be rotated every 90d, remembered with kv/media/jellyfin');
      const status = await house.ask('secret status media/jellyfin');
      const field = status.fields?.find(({ label }) => label === 'Rotation');
      expect(plainText(field?.value ?? '')).toMatch(/^every 90d; last \d{4}-\d\d-\d\d; due in 90 days/);
      await house.ask('secret policy media/jellyfin every never');
      const after = await house.ask('secret status media/jellyfin');
      expect(after.fields?.some(({ label }) => label === 'Rotation')).toBe(false);
    },
  );

  test('of a property, beside its nature', async () => {
    const house = openHouse();
    const card = await house.ask('secret policy media/sonarr token every 4w --nature external');
    expect(card.title).toBe(
      'token of media/sonarr: external, to be rotated every 4w, remembered with kv/media/sonarr',
    );
    expect(house.vault.secrets.get('media/sonarr')?.custom).toMatchObject({
      'chatelaine-every': 'token=28d',
      'chatelaine-natures': 'token=external',
    });
  });

  test.each([
    ['secret policy media/jellyfin', '--every is missing'],
    ['secret policy media/jellyfin --nature external', 'Properties is missing'],
    ['secret policy media/jellyfin every soon', '--every must be days or weeks'],
    ['secret policy media/jellyfin every', '--nature is missing'],
  ])('/%s is asked for or refused', async (line, why) => {
    const house = openHouse();
    expect((await house.ask(line)).title).toContain(why);
    expectUntouched(house);
  });

  test('that ran out are listed, to whoever may see them, and a rotation ends that', async () => {
    const house = openHouse();
    const old = {
      'chatelaine-every': '*=1d,api-key=1d',
      'chatelaine-rotated': 'api-key=2026-01-01T00:00:00Z|U1',
    };
    Object.assign(house.vault.secrets.get('media/jellyfin')?.custom ?? {}, old);
    Object.assign(house.vault.secrets.get('security/dex')?.custom ?? {}, {
      'chatelaine-every': 'secret=1d',
      'chatelaine-rotated': 'secret=2026-02-01T00:00:00Z|U2',
    });
    const card = await house.ask('secret list --overdue');
    expect((card.lines ?? []).map(plainText)).toEqual([
      expect.stringMatching(
        /^api-key of media\/jellyfin \(\+1\): every 1d, due since 2026-01-02 \(.+\), last rotated 2026-01-01 by U1$/,
      ),
      expect.stringMatching(/^secret of security\/dex: every 1d, .* by U2$/),
    ]);
    const theirs = await house.ask('secret list --overdue', mediaPerson);
    expect((theirs.lines ?? []).map(plainText)).toEqual([
      expect.stringContaining('api-key of media/jellyfin: '),
    ]);
    await house.ask('secret rotate media/jellyfin api-key');
    expect(house.vault.secrets.get('media/jellyfin')?.custom['chatelaine-rotated']).toMatch(
      /^api-key=20\d\d-\d\d-\d\dT[\d:]+Z\|U0ADMIN$/,
    );
  });
});

describe('secret history', () => {
  test('shows what Vault keeps, who asked, and what was proven last', async () => {
    const house = openHouse();
    await house.ask('secret rotate media/jellyfin');
    const card = await house.ask('secret history media/jellyfin');
    expect(card.title).toBe('8 versions of media/jellyfin in kv/media/jellyfin');
    const [first, second] = (card.lines ?? []).map(plainText);
    expect(first).toMatch(/^v8, current: written 20\S+ by U0ADMIN \(request [0-9a-f]{8}\), last proven$/);
    expect(second).toMatch(/^v7: written 20\S+, not recorded by whom$/);
    expect(wordsOf(card)).not.toContain('CANARY');
  });
});
