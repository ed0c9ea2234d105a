import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CommitId } from '../../src/core/git-names.ts';
import { keepSecondPerson } from '../../src/core/keep-second-person.ts';
import type { Call } from '../../src/core/ports/call.ts';
import type { ForgeFacts, NewStatus, Proposal, Review } from '../../src/core/ports/forge.ts';
import { type Approval, judgeSecondPerson, secondPersonContext } from '../../src/core/second-person.ts';

const head = CommitId.parse('a'.repeat(40));
const earlier = CommitId.parse('b'.repeat(40));
const people = new Map([
  ['U1', ['ann', 'ann-work']],
  ['U2', ['ben']],
  ['U3', ['cy', 'shared']],
  ['U4', ['dee', 'shared']],
]);

function approved(by: string, commit: CommitId = head, at = '2026-01-01T00:00:00Z'): Review {
  return { by, verdict: 'approved', commit, at };
}

function judge(reviews: readonly Review[], more: Partial<Approval> = {}) {
  return judgeSecondPerson({
    requester: { id: 'U1', surface: 'slack' },
    people,
    bot: 'chatelaine[bot]',
    proposal: { author: 'chatelaine[bot]', head },
    reviews,
    ...more,
  });
}

const later = '2026-01-02T00:00:00Z';
const terminal = { requester: { id: 'terminal', surface: 'terminal' } } as const;

describe('the second person', () => {
  test.each<readonly [string, readonly Review[], Partial<Approval>, string]>([
    ['nobody has looked', [], {}, 'waits for the approval of somebody other than who asked'],
    [
      'the requester approved by another account',
      [approved('Ann-Work')],
      {},
      'waits for somebody other than who asked: Ann-Work belongs to who asked',
    ],
    [
      'an account is nobody’s',
      [approved('zoe')],
      {},
      'waits for somebody other than who asked: zoe is in nobody’s name in git.people',
    ],
    [
      'the bot approved its own',
      [approved('Chatelaine[bot]')],
      { people: new Map([['U9', ['chatelaine[bot]']]]) },
      'waits for somebody other than who asked: Chatelaine[bot] opened it',
    ],
    [
      'another commit was approved',
      [approved('ben', earlier)],
      {},
      'waits: ben approved an earlier commit, not aaaaaaaa',
    ],
    [
      'the requester shares the account',
      [approved('shared')],
      { requester: { id: 'U3', surface: 'slack' } },
      'waits for somebody other than who asked: shared belongs to who asked',
    ],
    [
      'a terminal asked and nobody has looked',
      [],
      terminal,
      'waits for the approval of two people: it was asked for from a terminal',
    ],
    [
      'a terminal asked and one person approved',
      [approved('ann'), approved('ann-work')],
      terminal,
      'waits for a second of two people: it was asked for from a terminal',
    ],
    [
      'a terminal asked and two accounts may be one person’s',
      [approved('shared'), approved('cy')],
      terminal,
      'waits for a second of two people: it was asked for from a terminal',
    ],
  ])('is missing where %s', (_what, reviews, more, description) => {
    expect(judge(reviews, more)).toEqual({ context: secondPersonContext, state: 'pending', description });
  });

  test('is there once somebody else has approved that very commit', () => {
    expect(judge([approved('BEN')])).toEqual({
      context: secondPersonContext,
      state: 'success',
      description: 'approved by BEN',
    });
    expect(judge([approved('ann'), approved('ben')], terminal).description).toBe('approved by ann and ben');
    expect(judge([approved('ben')], { requester: { id: 'U9', surface: 'slack' } }).state).toBe('success');
  });

  test('counts the newest verdict, and a comment for none', () => {
    const said = (verdict: Review['verdict']): Review => ({ by: 'ben', verdict, commit: head, at: later });
    expect(judge([approved('ben'), said('commented')]).state).toBe('success');
    expect(judge([said('changes-requested'), approved('ben')]).state).toBe('pending');
    expect(judge([approved('ben'), said('dismissed')]).state).toBe('pending');
    expect(judge([said('dismissed'), approved('ben', head, '2026-01-03T00:00:00Z')]).state).toBe('success');
  });

  const logins = ['ann', 'ann-work', 'ben', 'cy', 'dee', 'shared', 'zoe', 'chatelaine[bot]'];
  const review = fc.record({
    by: fc.constantFrom(...logins).chain((name) => fc.constantFrom(name, name.toUpperCase())),
    verdict: fc.constantFrom<Review['verdict'][]>('approved', 'changes-requested', 'commented', 'dismissed'),
    commit: fc.constantFrom(head, earlier),
    at: fc.integer({ min: 0, max: 30 }).map((day) => new Date(day * 86_400_000).toISOString()),
  });
  const requester = fc.constantFrom('U1', 'U2', 'U3', 'U4', 'U9');

  test('is never the requester, nobody, the bot, or who looked at something else', () => {
    fc.assert(
      fc.property(fc.array(review, { maxLength: 12 }), requester, (reviews, id) => {
        if (judge(reviews, { requester: { id, surface: 'slack' } }).state !== 'success') return;
        const own = people.get(id) ?? [];
        const mapped = [...people.values()].flat();
        const able = reviews.filter(
          ({ by, verdict, commit }) =>
            verdict === 'approved' &&
            commit === head &&
            mapped.includes(by.toLowerCase()) &&
            !own.includes(by.toLowerCase()),
        );
        expect(able).not.toEqual([]);
      }),
    );
  });

  test('is gone with a new commit, and with every approval dismissed', () => {
    fc.assert(
      fc.property(fc.array(review, { maxLength: 12 }), requester, (reviews, id) => {
        const more = { requester: { id, surface: 'slack' } } as const;
        const next = CommitId.parse('c'.repeat(40));
        const proposal = { author: 'chatelaine[bot]', head: next };
        expect(judge(reviews, { ...more, proposal }).state).toBe('pending');
        const end = new Date(40 * 86_400_000).toISOString();
        const dismissed = logins.map((by): Review => ({ by, verdict: 'dismissed', commit: head, at: end }));
        expect(judge([...reviews, ...dismissed], more).state).toBe('pending');
      }),
    );
  });

  test('is there whatever else was said before, once somebody else approves last', () => {
    fc.assert(
      fc.property(fc.array(review, { maxLength: 12 }), fc.constantFrom('U1', 'U3', 'U9'), (reviews, id) => {
        const last = approved('ben', head, new Date(40 * 86_400_000).toISOString());
        expect(judge([...reviews, last], { requester: { id, surface: 'slack' } }).state).toBe('success');
      }),
    );
  });

  test('does not hang on the order in which the host tells', () => {
    const distinct = fc.uniqueArray(review, { maxLength: 8, selector: ({ at }) => at });
    fc.assert(
      fc.property(distinct, (reviews) => {
        expect(judge(reviews.toReversed()).state).toBe(judge(reviews).state);
      }),
    );
  });
});

test('is kept on the commit that was looked at', async () => {
  const call: Call = { signal: new AbortController().signal, requestId: 'r' };
  const set: (readonly [CommitId, NewStatus])[] = [];
  const proposal = { author: 'chatelaine[bot]', head } as Partial<Proposal> as Proposal;
  const forge = {
    facts: async () => ({ bot: 'chatelaine[bot]' }) as Partial<ForgeFacts> as ForgeFacts,
    proposal: async () => proposal,
    reviews: async () => [approved('ben')],
    setStatus: async (commit: CommitId, status: NewStatus) => void set.push([commit, status]),
  };
  const asked = { number: 7, requester: { id: 'U1', surface: 'slack' }, people } as const;
  const told = await keepSecondPerson(forge, asked, call);
  expect(told.state).toBe('success');
  expect(set).toEqual([[head, told]]);
});
