import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isAllowed, parsePolicy } from '../../../src/playground/vault/policy.ts';

const allows = (hcl: string, capability: string, path: string, parameters: readonly string[] = []): boolean =>
  isAllowed(parsePolicy(hcl), { path, capability, parameters });

const glob = 'path "kv/data/*" { capabilities = ["create", "patch"] }';

describe('a policy', () => {
  test.each([
    [glob, 'patch', 'kv/data/media/jellyfin', true],
    [glob, 'read', 'kv/data/media/jellyfin', false],
    [glob, 'patch', 'kv/metadata/media/jellyfin', false],
    ['path "kv/+/media/*" { capabilities = ["read"] }', 'read', 'kv/data/media/x/y', true],
    ['path "kv/+/media" { capabilities = ["read"] }', 'read', 'kv/a/b/media', false],
    ['path "kv/data/a.c" { capabilities = ["read"] }', 'read', 'kv/data/abc', false],
    [`${glob}\npath "kv/data/security/*" { capabilities = ["deny"] }`, 'patch', 'kv/data/security/x', false],
    [`path "kv/*" { capabilities = ["deny"] }\n${glob}`, 'patch', 'kv/data/x', true],
    ['path "a/+" { capabilities = ["read"] }\npath "a/b" { capabilities = ["list"] }', 'read', 'a/b', false],
    [`${glob}\n${glob.replace('"create", "patch"', '"read"')}`, 'read', 'kv/data/x', true],
  ])('%s: %s of %s: %s', (hcl, capability, path, expected) => {
    expect(allows(hcl, capability, path)).toBe(expected);
  });

  test('lets only the parameters through that it names', () => {
    const hcl =
      'path "kv/metadata/*" {\n  capabilities = ["patch"]\n  allowed_parameters = { "custom_metadata" = [] }\n}';
    expect(allows(hcl, 'patch', 'kv/metadata/x', ['custom_metadata'])).toBe(true);
    expect(allows(hcl, 'patch', 'kv/metadata/x', ['custom_metadata', 'max_versions'])).toBe(false);
  });

  test.each([
    'path "x" { capabilities = ["read"]',
    'path "x" { capabilities = ["read"] min_wrapping_ttl = "1s" }',
    'something else',
  ])('that is not understood is refused, not passed over: %s', (hcl) => {
    expect(() => parsePolicy(hcl)).toThrow(/^policy: /);
  });

  test('without a rule for a path allows nothing', () => {
    fc.assert(
      fc.property(
        fc.webPath(),
        fc.constantFrom('read', 'create', 'update', 'patch', 'delete', 'list'),
        (path, capability) => {
          expect(allows('path "kv/data/x" { capabilities = ["deny"] }', capability, `elsewhere${path}`)).toBe(
            false,
          );
        },
      ),
    );
  });
});
