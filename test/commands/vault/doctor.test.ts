import { describe, expect, test } from 'vitest';
import { findingsOf, some } from '../../../src/core/findings.ts';
import { inspectAll } from '../../../src/core/inspect-all.ts';
import type { Area, Finding, Inspector } from '../../../src/core/ports/inspect.ts';
import { fault } from '../../support/fake-vault.ts';
import { mediaPerson, openHouse, shell, shownText, stranger } from '../../support/house.ts';

const vault = findingsOf('Vault');
const kubernetes = findingsOf('Kubernetes');
const configuration = findingsOf('Configuration');

function finding(...found: readonly Finding[]): Inspector {
  return { area: found[0]?.area ?? 'Configuration', inspect: async () => found };
}

const good = [vault.good('the bot can log in', 'role chatelaine'), kubernetes.good('it answers', 'v1.34.4')];
const doubt = configuration.doubt('grants[0] names nobody', 'its groups are empty: a', 'Fill it.');
const bad = vault.fault('the bot may read values', 'kv/data/a: read', [
  { code: 'bao policy write chatelaine x.hcl' },
]);
const unknown = vault.unknown('whether the audit log names who asked', 'reading it takes sudo');

describe('vault doctor', () => {
  test('tells what is wrong first, each with what it was seen by and what mends it', async () => {
    const house = openHouse({ inspectors: [finding(...good, unknown, bad), finding(doubt)] });
    const card = await house.ask('vault doctor');
    expect(card.state).toBe('failure');
    expect(shownText(card)).toMatchInlineSnapshot(`
      "✗ This installation has 1 fault and 1 doubt; one thing can’t be seen from here
        ✗ Vault: the bot may read values (kv/data/a: read)
           → bao policy write chatelaine x.hcl
        ▲ Configuration: grants[0] names nobody (its groups are empty: a)
           → Fill it.
        ? Vault: not seen, whether the audit log names who asked (reading it takes sudo)
        ✓ Well: Vault 1, Kubernetes 1. Each of them: /vault doctor --all
        Request ID
      "
    `);
  });

  test.each<[string, readonly Finding[], string, string]>([
    ['doubts', [doubt, ...good], 'warning', 'This installation has 1 doubt'],
    ['faults', [bad, bad], 'failure', 'This installation has 2 faults'],
    ['nothing wrong', good, 'success', 'Nothing was found wrong with this installation'],
    [
      'what can not be seen',
      [unknown, unknown, ...good],
      'success',
      'Nothing was found wrong with this installation; 2 things can’t be seen from here',
    ],
  ])('with %s its state is told by the title as well', async (_what, found, state, title) => {
    const card = await openHouse({ inspectors: [finding(...found)] }).ask('vault doctor');
    expect(card).toMatchObject({ state, title });
  });

  test('names each thing that is well where that is asked', async () => {
    const house = openHouse({ inspectors: [finding(...good)] });
    const text = shownText(await house.ask('vault doctor --all'));
    expect(text).toContain('✓ Vault: the bot can log in (role chatelaine)');
    expect(text).not.toContain('Each of them');
  });

  test('takes a right of its own: what it tells is a map of the defences', async () => {
    const house = openHouse({ inspectors: [finding(bad)] });
    for (const person of [mediaPerson, stranger]) {
      const card = await house.ask('vault doctor', person);
      expect(card.title).toBe('You may not inspect the installation');
      expect(JSON.stringify(card)).not.toContain('may read values');
    }
    expect((await house.ask('vault doctor', shell)).state).toBe('failure');
  });
});

describe('inspecting', () => {
  const call = { signal: new AbortController().signal, requestId: 'r' };
  const broken = (area: Area, error: unknown): Inspector => ({
    area,
    inspect: () => Promise.reject(error),
  });

  test('goes on with the others where one breaks, and lets out nothing of its error', async () => {
    const found = await inspectAll(
      [
        broken('Slack', new Error('xoxb-secret')),
        finding(bad),
        broken('Kubernetes', fault('kubernetes-denied', 'no right')),
      ],
      call,
    );
    expect(found).toEqual([
      { area: 'Slack', state: 'unknown', what: 'could not be looked at to the end', evidence: 'Error' },
      bad,
      {
        area: 'Kubernetes',
        state: 'unknown',
        what: 'could not be looked at to the end',
        evidence: 'asking Vault: no right',
      },
    ]);
  });

  test('does not wait for one that never ends, and tells it to', async () => {
    let ended = false;
    const never: Inspector = {
      area: 'Vault',
      inspect: ({ signal }) => {
        signal.addEventListener('abort', () => (ended = true));
        return new Promise(() => undefined);
      },
    };
    const found = await inspectAll([never, finding(doubt)], call, 20);
    expect(found[0]).toEqual(doubt);
    expect(found[1]).toMatchObject({ area: 'Vault', state: 'unknown' });
    expect(ended).toBe(true);
  });

  test('ends with its call', async () => {
    const signal = AbortSignal.abort(fault('stopping'));
    await expect(inspectAll([finding(bad)], { ...call, signal })).rejects.toThrow('stopping');
  });
});

test('evidence stays short where there is much of it', () => {
  expect(some(['a', 'b'])).toBe('a, b');
  expect(some(['a', 'b', 'c', 'd', 'e'])).toBe('a, b, c and 2 more');
});
