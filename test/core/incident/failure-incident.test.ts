import { describe, expect, test } from 'vitest';
import { failureCard } from '../../../src/core/incident/failure-card.ts';
import { observeFailures } from '../../../src/core/incident/failure-incident.ts';
import { FailureState, nothingFailed } from '../../../src/core/incident/failure-state.ts';
import { entryTold } from '../../../src/core/incident/incident.ts';
import { turnCard } from '../../../src/core/incident/incident-card.ts';
import type { Failure } from '../../../src/core/ports/cluster.ts';
import { renderCard } from '../../../src/terminal/render-card.ts';
import { objectName } from '../../support/fake-cluster.ts';

const minute = 60_000;
const start = Date.parse('2026-11-24T02:14:00.000Z');
const rules = { graceMs: minute, calmMs: 5 * minute };

const causes = {
  renamed: {
    says: 'a property that it reads is not in the secret',
    likely: 'the property was renamed or removed in Vault',
  },
  denied: {
    says: 'permission denied',
    likely: "the Vault policy of External Secrets' role does not cover it",
  },
  store: { says: 'its store is not ready', likely: 'the store can not reach or log in to Vault' },
  missing: { says: 'its creationPolicy is Merge, and the Secret to merge into is missing' },
} as const;

/** `media/jellyfin renamed 3`: it fails by that cause since three minutes past the start. */
function failure(text: string): Failure {
  const [name = '', cause = 'renamed', since = '0'] = text.split(' ');
  const why = causes[cause as keyof typeof causes];
  return {
    ...objectName(name),
    ...why,
    group: cause === 'store' ? 'ClusterSecretStore vault' : why.says,
    bySeal: cause === 'store',
    noSecret: cause === 'missing',
    since: new Date(start + Number(since) * minute).toISOString(),
  };
}

type Look = readonly [minutes: number, failures: readonly string[], sealed?: boolean];

function after(looks: readonly Look[]): FailureState {
  return looks.reduce(
    (state, [minutes, failures, sealed = false]) =>
      observeFailures(
        state,
        { at: start + minutes * minute, failures: failures.map(failure), sealed },
        rules,
      ),
    nothingFailed,
  );
}

function shown(state: FailureState, minutes: number): string {
  return state.incidents
    .flatMap((incident) => [
      failureCard(incident, { at: start + minutes * minute, ...rules }),
      ...incident.entries.map((entry) => turnCard(entry)),
    ])
    .map((card) => renderCard(card, { colours: false, width: 140 }))
    .join('\n');
}

const many = Array.from({ length: 14 }, (_, index) => `media/app-${index} denied`);

describe('what people are shown of failures', () => {
  test.each<[string, FailureState, number]>([
    ['failing-one', after([[2, ['media/jellyfin']]]), 3],
    [
      'failing-some',
      after([
        [2, ['media/jellyfin']],
        [4, ['media/jellyfin', 'home/homarr renamed 2']],
        [6, ['home/homarr renamed 2']],
      ]),
      6,
    ],
    ['failing-many', after([[2, many]]), 2],
    ['failing-missing', after([[2, ['media/jellyfin missing']]]), 2],
    [
      'failing-calm',
      after([
        [2, ['media/jellyfin']],
        [12, []],
      ]),
      12,
    ],
    [
      'failing-ended',
      after([
        [2, ['media/jellyfin']],
        [12, []],
        [17, []],
      ]),
      17,
    ],
  ])('%s', async (name, state, at) => {
    await expect(shown(state, at)).toMatchFileSnapshot(`goldens/${name}.txt`);
  });
});

describe('a failure', () => {
  test('that is fresh, or recovers soon, is not told', () => {
    expect(after([[0.9, ['media/jellyfin']]]).incidents).toEqual([]);
    expect(
      after([
        [0.9, ['media/jellyfin']],
        [1.1, []],
      ]).incidents,
    ).toEqual([]);
  });

  test('is told once a cause, whoever comes and goes', () => {
    const state = after([
      [2, ['media/jellyfin', 'home/homarr denied', 'home/mealie']],
      [3, ['media/jellyfin', 'home/homarr denied', 'home/mealie']],
      [4, ['media/jellyfin', 'home/homarr denied']],
    ]);
    expect(state.incidents.map(({ says, members }) => [says, members.length])).toEqual([
      [causes.renamed.says, 1],
      [causes.denied.says, 1],
    ]);
    expect(state.incidents.map(({ number }) => number)).toEqual([1, 2]);
  });

  test('that moves to another cause leaves the one and comes to the other', () => {
    const state = after([
      [2, ['media/jellyfin']],
      [3, ['media/jellyfin denied']],
    ]);
    expect(
      state.incidents.map(({ calmSince, members }) => [calmSince !== undefined, members.length]),
    ).toEqual([
      [true, 0],
      [false, 1],
    ]);
  });

  test('of the way to Vault belongs to the incident of seals, and is told when that ended without it', () => {
    expect(after([[2, ['media/jellyfin store'], true]]).incidents).toEqual([]);
    expect(after([[2, ['media/jellyfin denied'], true]]).incidents).toHaveLength(1);
    const looks: readonly Look[] = [
      [2, ['media/jellyfin store'], true],
      [9, ['media/jellyfin store'], false],
    ];
    expect(after(looks).incidents).toHaveLength(1);
  });

  test('of the way to Vault that was told before a seal stays as it was told until that has ended', () => {
    const told: Look = [2, ['media/jellyfin store', 'home/homarr store']];
    const before = after([told]);
    const all = ['media/jellyfin store', 'home/homarr store', 'home/mealie store'];
    const meanwhile = after([told, [3, all, true], [20, all, true]]);
    expect(meanwhile).toEqual(before);
    const mended = after([told, [3, all, true], [20, [], true], [26, [], true]]);
    expect(mended.incidents[0]?.endedAt).toBeDefined();
    const later = after([told, [3, all, true], [20, all.slice(1)]]);
    expect(later.incidents[0]?.entries.map(({ words }) => words)).toEqual([
      'home/mealie fails too; media/jellyfin no longer fails this way',
    ]);
  });

  test('that comes back while its end is waited for is the same incident', () => {
    const state = after([
      [2, ['media/jellyfin']],
      [3, []],
      [6, ['media/jellyfin renamed 4']],
    ]);
    expect(state.incidents).toHaveLength(1);
    expect(state.incidents[0]?.calmSince).toBeUndefined();
    const later = after([
      [2, ['media/jellyfin']],
      [3, []],
      [8, []],
      [20, ['media/jellyfin renamed 18']],
    ]);
    expect(later.incidents.map(({ number }) => number)).toEqual([1, 2]);
  });

  test('of 1,000 flaps is one incident, with a thread that can be read', () => {
    let state = nothingFailed;
    let entries = 0;
    for (let flap = 0; flap < 1_000; flap += 1) {
      const at = 2 + flap * 4;
      for (const failures of [[failure(`media/jellyfin renamed ${at - 2}`)], []]) {
        const seen = { at: start + (at + (failures.length === 0 ? 2 : 0)) * minute, failures, sealed: false };
        state = observeFailures(state, seen, rules);
        for (; (state.incidents[0]?.entries.length ?? 0) > 0; entries += 1) state = entryTold(state, 1);
      }
    }
    expect(state.incidents.map(({ number, turns }) => [number, turns])).toEqual([[1, 1_999]]);
    // 66 hours and 40 minutes: nine in each quarter of an hour at most.
    expect(entries).toBeLessThanOrEqual(268 * 9);
    expect(FailureState.parse(JSON.parse(JSON.stringify(state)))).toEqual(state);
  });

  test('of ten thousand is kept small enough for a Lease', () => {
    const all = Array.from({ length: 10_000 }, (_, index) => `media/a-very-long-name-of-an-app-${index}`);
    const state = after([
      [2, all],
      [3, all.slice(1)],
    ]);
    expect(JSON.stringify(state).length).toBeLessThan(60_000);
    expect(shown(state, 3)).toContain('9999 ExternalSecrets fail');
    expect(FailureState.parse(JSON.parse(JSON.stringify(state)))).toEqual(state);
  });
});
