import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Card } from '../../../src/core/card.ts';
import { goOnHealing, type HealingSeen } from '../../../src/core/incident/healing.ts';
import { entryTold, shownAs } from '../../../src/core/incident/incident.ts';
import { nextDue } from '../../../src/core/incident/next-due.ts';
import { elsewhereCard, entryCard, incidentCard } from '../../../src/core/incident/seal-card.ts';
import { healed, observeSeals } from '../../../src/core/incident/seal-incident.ts';
import { type Due, nothingSeen, openIncident, SealState } from '../../../src/core/incident/seal-state.ts';
import { noSightings, settleSightings } from '../../../src/core/incident/settle-sightings.ts';
import type { Replica } from '../../../src/core/ports/vault.ts';
import { renderCard } from '../../../src/terminal/render-card.ts';
import { externalSecret } from '../../support/fake-cluster.ts';

type State = Replica['state'];

const calmMs = 300_000;
const minute = 60_000;
const start = Date.parse('2026-11-24T02:14:00.000Z');
const robin = { id: 'U024BE7LH', name: 'robin', surface: 'slack' } as const;

function replica(name: string, state: State, given = 0): Replica {
  return {
    name,
    address: `http://${name}:8200`,
    state,
    ...(state === 'sealed' ? { unseal: { given, needed: 3, of: 5 } } : {}),
    ...(state === 'unreachable' ? { why: 'refused the connection' } : {}),
  };
}

/** Three replicas by a letter each: Active, Standby, sEaled, Unreachable, Not initialised. */
function three(letters: string, given = 0): readonly Replica[] {
  const states: Record<string, State> = {
    A: 'active',
    S: 'standby',
    E: 'sealed',
    U: 'unreachable',
    N: 'uninitialised',
  };
  return letters
    .split('')
    .map((letter, index) => replica(`vault-${index}`, states[letter] ?? 'active', given));
}

/** A night: each line is a minute past 02:14 and what is seen then. */
function night(
  seen: readonly (readonly [minutes: number, letters: string, given?: number])[],
  due?: Due,
): SealState {
  return seen.reduce(
    (state, [minutes, letters, given]) =>
      observeSeals(
        state,
        {
          at: start + minutes * minute,
          replicas: three(letters, given),
          ...(due === undefined ? {} : { due }),
        },
        { calmMs },
      ),
    nothingSeen,
  );
}

/** The same, with what healing saw by then. */
function healedAt(state: SealState, minutes: number, seen: Partial<HealingSeen>): SealState {
  const open = state.incidents[0];
  if (open?.healing === undefined) throw new Error('nothing is being healed');
  const end = { failing: [], failed: [], endedAt: new Date(start + minutes * minute).toISOString() };
  return healed(state, open.number, goOnHealing(open.healing, { ...end, ...seen }));
}

/** All sealed, and unsealed two minutes later. */
const unsealed = night([
  [0, 'EEE'],
  [2, 'ASS'],
]);
const failing = ['media/jellyfin', 'home/homarr', 'home/paperless'];
/** In the middle of the healing: one of three is back. */
const inMidst = healedAt(healedAt(unsealed, 2, { failing, endedAt: undefined }), 2, {
  failing: failing.slice(1),
  endedAt: undefined,
});

function text(card: Card): string {
  return renderCard(card, { colours: false, width: 140 });
}

function shown(state: SealState, minutes: number): string {
  const [incident] = state.incidents;
  if (incident === undefined) throw new Error('there is no incident');
  const message = text(
    incidentCard(state, incident, { at: start + minutes * minute, mention: [robin], calmMs }),
  );
  const thread = incident.entries.map((entry) => text(entryCard(entry, [robin])));
  return [message, ...thread].join('\n');
}

const due: Due = { next: [{ name: 'media/jellyfin', at: '2026-11-24T02:31:00.000Z' }], more: 13, past: 2 };

describe('what people are shown', () => {
  test.each<[string, SealState, number]>([
    [
      'one-sealed',
      night(
        [
          [0, 'ASS'],
          [0, 'AES', 0],
          [1, 'AES', 1],
        ],
        due,
      ),
      3,
    ],
    [
      'all-sealed',
      night(
        [
          [0, 'ASS'],
          [0, 'EEE'],
        ],
        due,
      ),
      0,
    ],
    [
      'worse',
      night([
        [0, 'ASS'],
        [0, 'AES'],
        [2, 'EES'],
      ]),
      2,
    ],
    [
      'unreachable',
      night([
        [0, 'ASS'],
        [5, 'SAU'],
        [9, 'SAU'],
      ]),
      9,
    ],
    [
      'electing',
      night([
        [0, 'ASS'],
        [1, 'USS'],
      ]),
      1,
    ],
    ['uninitialised', night([[0, 'NNN']]), 1],
    [
      'unsealed-in-turn',
      night([
        [0, 'EEE'],
        [1, 'SEE', 2],
        [2, 'ASE'],
        [4, 'ASS'],
      ]),
      4,
    ],
    [
      'ended',
      night([
        [0, 'EEE'],
        [2, 'ASE'],
        [4, 'ASS'],
        [9, 'ASS'],
      ]),
      9,
    ],
    [
      'reminders',
      night([
        [0, 'AES'],
        [10, 'AES'],
        [20, 'AES'],
        [40, 'AES', 2],
        [100, 'AES', 2],
      ]),
      101,
    ],
    [
      'stores-first',
      healedAt(unsealed, 2, {
        failing,
        stores: 'ClusterSecretStore vault (InvalidProviderConfig)',
        endedAt: undefined,
      }),
      2,
    ],
    ['healing', inMidst, 2],
    ['healed', healedAt(inMidst, 2.6, {}), 3],
    [
      'not-healed',
      healedAt(inMidst, 4, {
        failing: failing.slice(2),
        failed: [
          { name: 'home/paperless', why: 'SecretSyncedError, External Secrets says “permission denied”' },
        ],
      }),
      4,
    ],
    ['told-late', shownAs(night([[0, 'AES']]), 1, { ts: '1' }, start + 20 * minute), 20],
  ])('%s', async (name, state, at) => {
    await expect(shown(state, at)).toMatchFileSnapshot(`goldens/${name}.txt`);
  });

  test('in a message that is told on elsewhere', async () => {
    const [incident] = night([[0, 'AES']]).incidents;
    if (incident === undefined) throw new Error('there is no incident');
    await expect(text(elsewhereCard(incident))).toMatchFileSnapshot('goldens/elsewhere.txt');
  });
});

describe('an incident', () => {
  test('is none while all is well', () => {
    expect(
      night([
        [0, 'ASS'],
        [1, 'SAS'],
      ]).incidents,
    ).toEqual([]);
  });

  test('is one for a night of 1,000 flaps, with a thread that can be read', () => {
    let state = nothingSeen;
    let entries = 0;
    const numbers = new Set<number>();
    for (let flap = 0; flap < 1_000; flap += 1) {
      for (const letters of ['EEE', 'ASS']) {
        const at = start + flap * 30_000 + (letters === 'ASS' ? 15_000 : 0);
        state = observeSeals(state, { at, replicas: three(letters) }, { calmMs });
        for (const { number } of state.incidents) numbers.add(number);
        for (; (openIncident(state)?.entries.length ?? 0) > 0; entries += 1) state = entryTold(state, 1);
      }
    }
    expect([...numbers]).toEqual([1]);
    // 8 hours and 20 minutes: nine in each quarter of an hour at most, and the calls for help.
    expect(entries).toBeLessThan(34 * 9 + 20);
    expect(state.incidents[0]?.turns).toBe(1_999);
    state = healedAt(state, 501, {});
    state = observeSeals(state, { at: start + 1_000 * 30_000 + calmMs, replicas: three('ASS') }, { calmMs });
    expect(openIncident(state)).toBeUndefined();
  });

  test('calls for people once when it becomes an emergency, and not at every flap', () => {
    const state = night([
      [0, 'ASS'],
      [1, 'EEE'],
      [2, 'ASS'],
      [3, 'EEE'],
      [4, 'ASS'],
      [5, 'EEE'],
    ]);
    expect(state.incidents[0]?.entries.filter(({ mention }) => mention)).toEqual([]);
    const later = night([
      [0, 'AES'],
      [1, 'EEE'],
      [2, 'AES'],
      [3, 'EEE'],
    ]);
    expect(later.incidents[0]?.entries.filter(({ mention }) => mention)).toHaveLength(1);
  });

  test('is none of a leader’s leaving until it is seen twice, and an emergency after ten seconds', () => {
    const at = (seconds: number, letters: string, state: SealState): SealState =>
      observeSeals(state, { at: start + seconds * 1000, replicas: three(letters) }, { calmMs });
    let state = at(1.5, 'SSS', at(0, 'ASS', nothingSeen));
    expect(state.incidents).toEqual([]);
    state = at(3, 'SSS', state);
    expect(openIncident(state)?.severity).toBe('warning');
    state = at(12, 'SSS', state);
    expect(openIncident(state)).toMatchObject({ severity: 'emergency', number: 1 });
  });

  test('goes on by the clock that there is when that was put back, or another machine’s is behind', () => {
    const back = -60;
    const at = (minutes: number, letters: string, state: SealState): SealState =>
      observeSeals(state, { at: start + minutes * minute, replicas: three(letters) }, { calmMs });
    const leaderless = at(0.05, 'SSS', at(0, 'SSS', nothingSeen));
    expect(openIncident(at(back + 0.2, 'SSS', at(back, 'SSS', leaderless)))?.severity).toBe('emergency');
    const sealed = at(0, 'EAS', nothingSeen);
    const reminded = at(back + 10, 'EAS', at(back, 'EAS', sealed));
    expect(openIncident(reminded)?.reminders).toBe(1);
    const calm = healedAt(at(1, 'SAS', sealed), 1, {});
    expect(openIncident(at(back + 5, 'SAS', at(back, 'SAS', calm)))).toBeUndefined();
  });

  test('heals once Vault serves again, gives that up when it is sealed again, and begins anew after it', () => {
    const at = (minutes: number, letters: string, state: SealState): SealState =>
      observeSeals(state, { at: start + minutes * minute, replicas: three(letters) }, { calmMs });
    const sealed = at(1, 'EEE', at(0, 'ASS', nothingSeen));
    expect(openIncident(sealed)?.healing).toBeUndefined();
    const served = at(2, 'ASE', sealed);
    expect(openIncident(served)?.healing?.since).toBe(new Date(start + 2 * minute).toISOString());
    const again = at(3, 'EEE', served);
    expect(openIncident(again)?.healing).toBeUndefined();
    const late = openIncident(served)?.healing;
    if (late === undefined) throw new Error('nothing is being healed');
    expect(healed(again, 1, late)).toEqual(again);
    const last = at(4, 'ASS', again);
    expect(openIncident(last)?.healing?.since).toBe(new Date(start + 4 * minute).toISOString());
    expect(healed(last, 1, { ...late, total: 7 })).toEqual(last);
  });

  test('stays open until its healing has ended, and not for ever', () => {
    const at = (minutes: number, state: SealState): SealState =>
      observeSeals(state, { at: start + minutes * minute, replicas: three('ASS') }, { calmMs });
    expect(openIncident(at(10, unsealed))).toBeDefined();
    expect(openIncident(at(10, healedAt(unsealed, 3, {})))).toBeUndefined();
    expect(openIncident(at(30, unsealed))).toBeUndefined();
  });

  test('is kept as plain data, whatever happens', () => {
    const letters = fc.stringMatching(/^[ASEUN]{3}$/);
    const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 3_600_000 }), letters), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (all) => {
        let at = start;
        let state = nothingSeen;
        for (const [pause, each] of all) {
          at += pause;
          const before = openIncident(state);
          state = observeSeals(state, { at, replicas: three(each) }, { calmMs });
          expect(SealState.parse(JSON.parse(JSON.stringify(state)))).toEqual(state);
          const bad = /[EUN]/.test(each);
          expect(openIncident(state) === undefined && bad).toBe(false);
          const after = openIncident(state);
          if (before !== undefined && bad && after !== undefined) expect(after.number).toBe(before.number);
          if (after !== undefined) text(incidentCard(state, after, { at, mention: [], calmMs }));
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('a sighting', () => {
  const look = (polls: readonly string[]): string => {
    let sightings = noSightings;
    let last = '';
    for (const poll of polls) {
      const settled = settleSightings(sightings, three(poll));
      sightings = settled.sightings;
      last =
        settled.settled.map(({ state }) => state.charAt(0)).join('') + '?'.repeat(settled.doubtful.length);
    }
    return last;
  };

  test.each<[readonly string[], string]>([
    [['ASS', 'AUS'], 'ass'],
    [['ASS', 'AUS', 'ASS'], 'ass'],
    [['ASS', 'AUS', 'AUS'], 'aus'],
    [['AUS'], 'as?'],
    [['AUS', 'AUS'], 'aus'],
    [['ASS', 'AUS', 'ASS', 'AUS'], 'ass'],
  ])('%j gives %s', (polls, expected) => {
    expect(look(polls)).toBe(expected);
  });

  test('of a sealed one counts at once', () => {
    const { sightings } = settleSightings(noSightings, three('ASS'));
    expect(settleSightings(sightings, three('AES')).settled[1]?.state).toBe('sealed');
  });

  test('that was doubtful when another leader takes over changes nothing', () => {
    const before = night([
      [0, 'ASU'],
      [1, 'ASU'],
    ]);
    const { settled, doubtful } = settleSightings(noSightings, three('ASU'));
    const after = observeSeals(before, { at: start + 2 * minute, replicas: settled, doubtful }, { calmMs });
    expect(after).toEqual(before);
  });
});

test('an interval that is longer than time itself is no reason to tell nothing', () => {
  const secret = externalSecret('media/a', ['media/a#key'], { refreshInterval: '9999999999h' });
  expect(nextDue([secret], start)).toEqual({ next: [], more: 0, past: 0 });
});

test('a state with a replica of a long name is read back as it was kept', () => {
  const long = replica(`vault.${'a'.repeat(60)}.example.org`, 'sealed');
  const state = observeSeals(nothingSeen, { at: start, replicas: [long] }, { calmMs });
  expect(SealState.parse(JSON.parse(JSON.stringify(state)))).toEqual(state);
});

test('the next to be due are found by when they were refreshed', () => {
  const at = (name: string, refreshInterval: string, minutesAgo: number) =>
    externalSecret(name, [`${name}#key`], {
      refreshInterval,
      refreshTime: new Date(start - minutesAgo * minute).toISOString(),
    });
  const secrets = [
    at('media/b', '1h', 30),
    at('media/a', '1h0m0s', 50),
    at('media/c', '90m', 40),
    at('media/d', '1h', 5),
    at('media/late', '1h', 90),
    at('media/never', '0', 90),
    at('media/far', '24h', 0),
    externalSecret('media/once', ['media/once#key'], { refreshPolicy: 'CreatedOnce' }),
  ];
  expect(nextDue(secrets, start)).toEqual({
    next: [
      { name: 'media/a', at: '2026-11-24T02:24:00.000Z' },
      { name: 'media/b', at: '2026-11-24T02:44:00.000Z' },
      { name: 'media/c', at: '2026-11-24T03:04:00.000Z' },
    ],
    more: 1,
    past: 1,
  });
});
