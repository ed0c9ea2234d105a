import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ChatelaineError } from '../../src/core/errors.ts';
import { Namespace, VaultPath } from '../../src/core/names.ts';
import { matchesPattern } from '../../src/core/patterns.ts';
import { permissionsFrom, type Right, rights, type Scope } from '../../src/core/permissions.ts';
import { admin, grant, mediaPerson, shell, stranger } from '../support/house.ts';

const scope: Scope = { namespace: Namespace.parse('media'), path: VaultPath.parse('media/jellyfin') };

function refusalOf(run: () => void): ChatelaineError {
  try {
    run();
  } catch (error) {
    if (error instanceof ChatelaineError) return error;
    throw error;
  }
  throw new Error('it was allowed');
}

describe('permissions', () => {
  test('without a grant the answer is no, to everybody, for everything', () => {
    const permissions = permissionsFrom([]);
    for (const actor of [admin, stranger, shell]) {
      for (const right of rights) {
        expect(permissions.allows(actor, right, {})).toBe(false);
        expect(permissions.allows(actor, right, scope)).toBe(false);
      }
    }
  });

  test('a grant gives its rights to its people in its namespaces and paths, and nothing else', () => {
    const permissions = permissionsFrom([grant(0, mediaPerson.id, ['rotate'], ['media'], ['media/**'])]);
    const allows = (right: Right, where: Scope): boolean => permissions.allows(mediaPerson, right, where);
    expect(allows('rotate', scope)).toBe(true);
    expect(allows('read', scope)).toBe(false);
    expect(allows('rotate', { ...scope, namespace: Namespace.parse('home') })).toBe(false);
    expect(allows('rotate', { ...scope, path: VaultPath.parse('home/x') })).toBe(false);
    expect(permissions.allows(admin, 'rotate', scope)).toBe(false);
  });

  test('the namespace of one grant and the path of another do not add up', () => {
    const permissions = permissionsFrom([
      grant(0, mediaPerson.id, ['read'], ['media'], ['media/**']),
      grant(1, mediaPerson.id, ['read'], ['home'], ['home/**']),
    ]);
    expect(permissions.allows(mediaPerson, 'read', { ...scope, path: VaultPath.parse('home/x') })).toBe(
      false,
    );
  });

  test('a grant without namespaces allows nothing in any', () => {
    const permissions = permissionsFrom([grant(0, '*', ['read'], [])]);
    expect(permissions.allows(admin, 'read', scope)).toBe(false);
  });

  test('* is every person in Slack, and not the terminal', () => {
    const permissions = permissionsFrom([grant(0, '*', ['read'], ['*'])]);
    expect(permissions.allows(stranger, 'read', scope)).toBe(true);
    expect(permissions.allows(shell, 'read', scope)).toBe(false);
    expect(permissionsFrom([grant(0, 'terminal', ['read'], ['*'])]).allows(shell, 'read', scope)).toBe(true);
  });

  test('a person in Slack who is called terminal is not the terminal, nor is one called *', () => {
    const permissions = permissionsFrom([grant(0, 'terminal', ['read'], ['*'])]);
    expect(permissions.allows({ ...stranger, name: 'terminal' }, 'read', scope)).toBe(false);
    expect(
      permissionsFrom([grant(0, '*', ['read'], ['*'])]).allows({ ...shell, name: '*' }, 'read', scope),
    ).toBe(false);
  });

  test('a refusal names what was asked, the grant, and whom to ask', () => {
    const permissions = permissionsFrom([
      grant(0, mediaPerson.id, ['read'], ['*']),
      grant(1, '@platform-admins', ['rotate'], ['*']),
      grant(2, 'terminal', ['rotate'], ['media']),
    ]);
    const refusal = refusalOf(() => permissions.require(mediaPerson, 'rotate', scope));
    expect(refusal.code).toBe('not-permitted');
    expect(refusal.wrong).toBe('you may not rotate in media at the path media/jellyfin');
    expect(refusal.state).toBe('Nothing was read or changed.');
    expect(refusal.next).toBe(
      'Ask one of @platform-admins, who may. The rule is grants[1] of the configuration.',
    );
  });

  test('a refusal says it when nobody may', () => {
    const refusal = refusalOf(() => permissionsFrom([]).require(admin, 'policy', scope));
    expect(refusal.wrong).toContain('you may not change policies');
    expect(refusal.next).toContain('No grant of the configuration gives this right here');
  });
});

describe('matchesPattern', () => {
  test.each([
    ['media', 'media', true],
    ['media', 'media2', false],
    ['*', 'media', true],
    ['*', 'media/jellyfin', false],
    ['**', 'media/jellyfin', true],
    ['media/*', 'media/jellyfin', true],
    ['media/*', 'media/a/b', false],
    ['media/**', 'media/a/b', true],
    ['media/**', 'media', false],
    ['*-prod', 'shop-prod', true],
    ['*-prod', 'shop-prod2', false],
    ['a.b', 'axb', false],
    ['a|b', 'a', false],
    ['[a-z]+', 'abc', false],
    ['(media', '(media', true],
    ['^media$', 'media', false],
    ['media\\', 'media\\', true],
    ['', '', true],
    ['', 'media', false],
  ])('%j and %j: %s', (pattern, text, matches) => {
    expect(matchesPattern(pattern, text)).toBe(matches);
  });

  test('a pattern without a star matches itself and nothing else', () => {
    const text = fc.string({ maxLength: 20 }).filter((each) => !each.includes('*'));
    fc.assert(
      fc.property(text, text, (pattern, other) => {
        expect(matchesPattern(pattern, pattern)).toBe(true);
        expect(matchesPattern(pattern, other)).toBe(pattern === other);
      }),
      { numRuns: 200 },
    );
  });
});
