import { expect, test } from 'vitest';
import { type Card } from '../../src/core/card.ts';
import { canary, openHouse } from '../support/house.ts';

test('no card, message or log line of any command holds a value, old or new', async () => {
  const house = openHouse();
  const cards: Card[] = [];
  for (const line of [
    'secret list',
    'secret status media/jellyfin',
    'secret uses media/jellyfin',
    'secret rotate media/jellyfin --kind hex',
    'secret sync media/jellyfin',
    'secret policy home/paperless secret-key --nature self-contained',
    'secret rotate home/paperless secret-key',
    'secret rotate home/paperless',
    'vault status',
  ]) {
    cards.push(await house.ask(line));
  }
  const values = [...house.vault.secrets.values()].flatMap(({ versions }) =>
    versions.flatMap((each) => [...each.values()]),
  );
  const told = JSON.stringify([cards, house.messages, house.log]);
  expect(new Set(values).size).toBe(3);
  for (const value of [canary, ...values]) expect(told).not.toContain(value);
});
