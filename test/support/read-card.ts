import { expect } from 'vitest';
import { type Card, plainText } from '../../src/core/card.ts';
import type { House } from './house.ts';

/** The title and the lines of a card, as text. */
export function wordsOf(card: Card): string {
  return [card.title, ...(card.lines ?? [])].map(plainText).join('\n');
}

/** Nothing was changed, in Vault or in the cluster, and no operation began. */
export function expectUntouched(house: House): void {
  expect(house.vault.writes).toEqual([]);
  expect(house.cluster.marks).toEqual([]);
  expect(house.cluster.restarted).toEqual([]);
  expect(house.messages).toEqual([]);
}
