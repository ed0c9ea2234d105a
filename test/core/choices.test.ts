import { describe, expect, test } from 'vitest';
import { commands } from '../../commands/index.ts';
import { admin, openHouse, stranger } from '../support/house.ts';

const house = openHouse();
const { dispatcher } = house;

describe('choices', () => {
  async function choose(name: string, field: string, typed: string, more: object = {}, actor = admin) {
    const command = commands.find((each) => each.name === name);
    if (command === undefined) throw new Error(name);
    const signal = new AbortController().signal;
    const found = await dispatcher.choices({
      command,
      field,
      given: {},
      typed,
      actor,
      most: 100,
      call: { signal, requestId: 'r' },
      ...more,
    });
    return found.map(({ value }) => value);
  }

  test('secrets are those the person may see, what begins with the typed text first', async () => {
    expect(await choose('secret rotate', 'target', '')).toHaveLength(8);
    expect(await choose('secret rotate', 'target', 'HO')).toEqual([
      'home/homarr',
      'home/paperless',
      'home/search',
      'home/sonarr',
    ]);
    expect(await choose('secret rotate', 'target', 'sonarr', { most: 1 })).toEqual(['home/sonarr']);
    expect(await choose('secret rotate', 'target', '', {}, stranger)).toEqual([]);
  });

  test('an ambiguous name narrows them to those that bear it', async () => {
    const given = { target: 'sonarr' };
    expect(await choose('secret rotate', 'target', '', { given })).toEqual(['home/sonarr', 'media/sonarr']);
    expect(await choose('secret rotate', 'target', '', { given: { target: 'x' } })).toHaveLength(8);
  });

  test('properties are those of Vault, and of the ExternalSecret where Vault is silent', async () => {
    const given = { target: 'media/jellyfin' };
    expect(await choose('secret rotate', 'properties', '', { given: { target: 'home/paperless' } })).toEqual([
      'db-password',
      'secret-key',
      'smtp-password',
    ]);
    house.vault.fails.set('properties', new Error('down'));
    expect(await choose('secret rotate', 'properties', '', { given })).toEqual(['api-key']);
    house.vault.fails.clear();
    expect(await choose('secret rotate', 'properties', '')).toEqual([]);
  });

  test('a choice has its own, and a text none', async () => {
    expect(await choose('secret rotate', 'kind', 'base')).toEqual(['base64', 'base64url']);
    expect(await choose('secret rotate', 'reason', '')).toEqual([]);
  });
});
