import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import type { ErrorCode } from '../../src/core/errors.ts';
import { outlastElection } from '../../src/operations/version/outlast-election.ts';
import { fault } from './world.ts';

/** A clock that only sleeping moves. */
function sleepingClock(): Clock {
  let now = 0;
  return {
    now: () => now,
    monotonic: () => now,
    async sleep(milliseconds, signal) {
      signal?.throwIfAborted();
      now += milliseconds;
    },
  };
}

function vaultThatFails(code: ErrorCode, milliseconds: number, clock: Clock) {
  let asked = 0;
  return {
    asked: () => asked,
    async ask(): Promise<string> {
      asked += 1;
      if (clock.monotonic() < milliseconds) throw fault(code);
      return 'done';
    },
  };
}

const call = { requestId: 'r-1', signal: new AbortController().signal };

describe('a Vault that chooses another leader', () => {
  it.each(['vault-sealed', 'vault-unreachable'] as const)(
    'is asked to write again after %s',
    async (code) => {
      const clock = sleepingClock();
      const vault = vaultThatFails(code, 8_000, clock);
      expect(await outlastElection({ clock, call }, 'write', vault.ask)).toBe('done');
      expect(vault.asked()).toBeGreaterThan(3);
    },
  );

  it('is never asked to write again when the answer was lost', async () => {
    const clock = sleepingClock();
    const vault = vaultThatFails('vault-no-answer', 1_000, clock);
    await expect(outlastElection({ clock, call }, 'write', vault.ask)).rejects.toMatchObject({
      code: 'vault-no-answer',
    });
    expect(vault.asked()).toBe(1);
  });

  it('is asked to read again when the answer was lost', async () => {
    const clock = sleepingClock();
    const vault = vaultThatFails('vault-no-answer', 1_000, clock);
    expect(await outlastElection({ clock, call }, 'read', vault.ask)).toBe('done');
  });

  it('that finds none in a quarter of a minute is given up, with its own words', async () => {
    const clock = sleepingClock();
    const vault = vaultThatFails('vault-sealed', 60_000, clock);
    await expect(outlastElection({ clock, call }, 'write', vault.ask)).rejects.toMatchObject({
      code: 'vault-sealed',
    });
    expect(clock.monotonic()).toBe(15_000);
  });

  it('is waited for no longer than the one who asks', async () => {
    const clock = sleepingClock();
    const vault = vaultThatFails('vault-sealed', 60_000, clock);
    const signal = AbortSignal.abort();
    await expect(
      outlastElection({ clock, call: { ...call, signal } }, 'write', vault.ask),
    ).rejects.toMatchObject({ code: 'vault-sealed' });
    expect(vault.asked()).toBe(1);
  });
});
