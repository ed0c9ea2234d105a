import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { explainFailure } from '../../src/kubernetes/explain-failure.ts';
import { newerFailure } from '../../src/kubernetes/judge-sync.ts';
import { oneLine } from '../../src/kubernetes/say.ts';
import { data, shape } from './manifests.ts';

const reading = 'error processing spec.data[0] (key: kv/data/app), err: ';
const url = 'Error making API request.\n\nURL: GET http://vault.security.svc:8200/v1/kv/data/app\n';

describe('what External Secrets says', () => {
  test.each([
    [
      `${reading}cannot read secret data from Vault: ${url}Code: 403. Errors:\n\n* 1 error occurred:\n\t* permission denied\n\n`,
      'permission denied',
    ],
    [
      `${reading}cannot read secret data from Vault: ${url}Code: 503. Errors:\n\n* Vault is sealed`,
      'Vault is sealed',
    ],
    [`${reading}Secret does not exist`, 'the secret does not exist'],
    [`${reading}cannot find secret data for key: "api-key"`, 'a property that it reads is not in the secret'],
    [`${reading}ClusterSecretStore "vault" is not ready`, 'its store is not ready'],
    [`${reading}could not get ClusterSecretStore "vault", not found`, 'its store does not exist'],
    [
      `${reading}using cluster store "vault" is not allowed from namespace "media": denied by spec.condition`,
      'its store may not be used from this namespace',
    ],
    [
      'unable to log in to auth method: unable to log in with Kubernetes auth: Error making API request.\nURL: PUT http://v/v1/auth/kubernetes/login\nCode: 403. Errors:\n* permission denied',
      'login to Vault refused',
    ],
    [
      `${reading}Get "http://vault.security.svc:8200/v1/kv/data/app": dial tcp 10.0.0.1:8200: connect: connection refused`,
      'Vault could not be reached',
    ],
    ['could not update secret, target is immutable', 'its target Secret is immutable'],
    [
      'could not apply template: could not execute template: template: a:1:2: executing "a" at <toDate>: parsing time "hunter2"',
      'its template failed',
    ],
  ])('%s', (text, says) => {
    expect(explainFailure(text)?.says).toBe(says);
  });

  test('is never quoted, so that a value that an error repeats goes nowhere', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 12 }),
        fc.constantFrom('permission denied', 'could not apply template', ''),
        (value, sign) => {
          const failed = shape('media/jellyfin', {
            spec: data('kv/app'),
            status: {
              conditions: [
                {
                  type: 'Ready',
                  status: 'False',
                  reason: 'SecretSyncedError',
                  message: 'could not get secret data from provider',
                  lastTransitionTime: '2026-11-24T02:00:00Z',
                },
              ],
            },
          });
          const warning = {
            reason: 'UpdateFailed',
            message: `${value} ${sign} ${value}`,
            at: Date.now(),
            count: 1,
          };
          const outcome = newerFailure(
            { shape: failed, warning, heard: true },
            { shape: failed, heard: true },
            0,
          );
          expect(outcome?.state).toBe('failed');
          expect(JSON.stringify(outcome)).not.toContain(JSON.stringify(value).slice(1, -1));
        },
      ),
    );
  });
});

describe('a failure', () => {
  const failing = (since: string) =>
    shape('media/jellyfin', {
      status: {
        conditions: [
          {
            type: 'Ready',
            status: 'False',
            reason: 'SecretSyncedError',
            message: 'could not get secret data from provider',
            lastTransitionTime: since,
          },
        ],
      },
    });
  const markedAt = Date.parse('2026-11-24T02:00:10Z');
  const at = (text: string) => ({
    reason: 'UpdateFailed',
    message: 'permission denied',
    at: Date.parse(text),
    count: 1,
  });

  test.each([
    ['an Event after the mark', '2026-11-24T01:00:00Z', at('2026-11-24T02:00:11Z'), true],
    ["an Event in the mark's own second", '2026-11-24T01:00:00Z', at('2026-11-24T02:00:10Z'), true],
    ['a condition that changed after the mark', '2026-11-24T02:00:12Z', undefined, true],
    ['an Event before the mark', '2026-11-24T01:00:00Z', at('2026-11-24T02:00:09Z'), false],
    ['nothing new', '2026-11-24T01:00:00Z', undefined, false],
  ])('%s', (_words, since, warning, counts) => {
    const seen = { heard: true, shape: failing(since), ...(warning === undefined ? {} : { warning }) };
    expect(newerFailure(seen, seen, markedAt) !== undefined).toBe(counts);
  });

  test('that repeats is told by the count of its Event, where the time of the mark is not known', () => {
    const shape = failing('2026-11-24T01:00:00Z');
    const warning = at('2026-11-24T02:00:09Z');
    const first = { heard: true, shape, warning };
    expect(newerFailure(first, first)).toBeUndefined();
    expect(newerFailure({ ...first, warning: { ...warning, count: 2 } }, first)).toMatchObject({
      state: 'failed',
    });
    expect(newerFailure(first, { heard: false, shape })).toBeUndefined();
    expect(
      newerFailure(
        { heard: true, shape },
        { heard: true, shape: { ...shape, ready: { ...shape.ready, status: 'True' } } },
      ),
    ).toMatchObject({ state: 'failed' });
  });
});

test('what others wrote becomes one line, cut with a mark', () => {
  expect(oneLine('a\n\tb\u202ec\u0000  d')).toBe('a b c d');
  expect(oneLine('x'.repeat(400))).toHaveLength(300);
  expect(oneLine('x'.repeat(400))).toMatch(/…$/);
});
