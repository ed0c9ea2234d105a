import { describe, expect, test } from 'vitest';
import { shownAs } from '../../src/core/incident/incident.ts';
import { observeSeals } from '../../src/core/incident/seal-incident.ts';
import { nothingSeen, type SealState } from '../../src/core/incident/seal-state.ts';
import { reconcileSeals } from '../../src/watch/reconcile-seals.ts';

const at = Date.parse('2026-11-24T02:14:00.000Z');
const sealed: SealState = observeSeals(
  nothingSeen,
  { at, replicas: [{ name: 'vault-0', address: 'http://vault-0:8200', state: 'sealed' }] },
  { calmMs: 300_000 },
);
const told = (message: string): SealState => shownAs(sealed, 1, { message }, at);

describe('the same incident', () => {
  test.each(['leader', 'follower'] as const)(
    'that two told goes on in the kept message, for a %s',
    (role) => {
      const { state, retired } = reconcileSeals(told('mine'), told('kept'), role);
      expect(state.incidents.map(({ shown }) => shown)).toEqual([{ message: 'kept' }]);
      expect(retired.map(({ shown }) => shown)).toEqual([{ message: 'mine' }]);
    },
  );

  test.each([
    ['mine', told('one'), sealed],
    ['kept', sealed, told('one')],
    ['both', told('one'), told('one')],
  ])('goes on in the one message there is: %s', (_, mine, kept) => {
    const { state, retired } = reconcileSeals(mine, kept, 'leader');
    expect(state.incidents.map(({ shown }) => shown)).toEqual([{ message: 'one' }]);
    expect(retired).toEqual([]);
  });
});
