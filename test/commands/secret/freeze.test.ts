import { describe, expect, test } from 'vitest';
import type { Actor } from '../../../src/core/actor.ts';
import { fault } from '../../support/fake-vault.ts';
import { admin, mediaPerson, openHouse, syncPerson } from '../../support/house.ts';
import { expectUntouched, wordsOf } from '../../support/read-card.ts';

describe('secret freeze and thaw', () => {
  test('stop what writes, name who froze, why and whom to ask, and let it go on', async () => {
    const house = openHouse();
    const frozen = await house.ask('secret freeze --reason maintenance');
    expect(frozen).toMatchObject({
      state: 'success',
      title: 'All writes are frozen, in all replicas',
    });
    expect(wordsOf(frozen)).toContain('Who may: @platform-admins');
    for (const line of [
      'secret rotate media/jellyfin',
      'secret sync media/jellyfin',
      'secret policy media/sonarr token --nature external',
    ]) {
      const card = await house.ask(line);
      expect(card.state, line).toBe('failure');
      expect(wordsOf(card)).toMatch(/^All writes are frozen since \S+Z \(\d+ ms\) by @robin: “maintenance”/);
      expect(wordsOf(card)).toContain('@platform-admins may thaw it: /secret thaw.');
    }
    expectUntouched(house);
    const thawed = await house.ask('secret thaw');
    expect(thawed.title).toMatch(/^All writes are thawed, after /);
    expect((await house.ask('secret rotate media/jellyfin')).state).toBe('success');
  });

  test('work while Vault answers nothing', async () => {
    const house = openHouse();
    for (const method of ['metadata', 'properties', 'patch', 'annotate'] as const)
      house.vault.fails.set(method, fault('vault-sealed'));
    expect((await house.ask('secret freeze --reason sealed')).state).toBe('success');
    expect((await house.ask('secret thaw')).state).toBe('success');
  });

  test.each([
    ['media', 'secret sync media/jellyfin', true],
    ['media', 'secret sync home/sonarr', false],
    // home/homarr reads the same path.
    ['home/homarr', 'secret sync media/jellyfin', true],
    ['shared/**', 'secret sync media/gallery', true],
    ['shared/**', 'secret sync media/sonarr', false],
    ['home', 'secret sync nothing/there', false],
  ])('a freeze of %s stops /%s: %s', async (scope, line, stopped) => {
    const house = openHouse();
    await house.ask(`secret freeze ${scope} --reason test`);
    const card = await house.ask(line);
    expect(wordsOf(card).includes('are frozen since')).toBe(stopped);
  });

  test('are shown where people look', async () => {
    const house = openHouse();
    await house.ask('secret freeze media/** --reason "look"');
    for (const line of ['vault status', 'secret list']) {
      expect(wordsOf(await house.ask(line))).toContain('Frozen: writes to media/**, since ');
    }
    house.leases.get = () => Promise.reject(fault('kubernetes-unreachable', 'it can’t be reached'));
    expect(wordsOf(await house.ask('vault status'))).toContain('Whether writes are frozen is not known');
  });

  test('without an answer of the API server nothing is written, in words', async () => {
    const house = openHouse();
    house.leases.get = () => Promise.reject(fault('kubernetes-unreachable', 'it can’t be reached'));
    const card = await house.ask('secret policy media/sonarr token --nature external');
    expect(card.title).toBe('Asking whether writes are frozen: it can’t be reached');
    expect(wordsOf(card)).toContain('nothing is written');
    expectUntouched(house);
  });

  test.each<[string, Actor, string]>([
    ['secret freeze --reason x', mediaPerson, 'You may not freeze'],
    ['secret thaw', syncPerson, 'You may not thaw'],
  ])('%s takes its own right', async (line, actor, title) => {
    const house = openHouse();
    expect((await house.ask(line, actor)).title).toBe(title);
    expect(house.leases.stored.size).toBe(0);
  });

  test('one of a scope twice stays as it is; a thaw of another says which there are', async () => {
    const house = openHouse();
    await house.ask('secret freeze media --reason first', admin);
    expect(wordsOf(await house.ask('secret freeze media --reason second'))).toContain('first');
    const none = await house.ask('secret thaw');
    expect(none).toMatchObject({ state: 'failure', title: 'There is no freeze of everything' });
    expect(wordsOf(none)).toContain('To end it: /secret thaw media');
    expect((await house.ask('secret thaw media')).state).toBe('success');
    expect(wordsOf(await house.ask('secret thaw media'))).toContain('Nothing is frozen.');
  });

  test('what is no scope is refused before anything is asked', async () => {
    const house = openHouse();
    expect((await house.ask('secret freeze a//b --reason x')).title).toContain('has an empty segment');
    expect(house.leases.stored.size).toBe(0);
  });
});
