import { afterEach, expect, test } from 'vitest';
import type { Replica } from '../../src/core/ports/vault.ts';
import { waitFor } from '../../src/playground/wait-for.ts';
import { says, startWatchWorld, thread, type WatchWorld } from './watch-world.ts';

const flaps = 1_000;
let world: WatchWorld;

afterEach(() => world.close());

/** Three replicas of which one is sealed and unsealed in turn, from one look to the next. It ends sealed. */
class FlappingVault {
  left = 2 * flaps;

  async replicas(): Promise<readonly Replica[]> {
    if (this.left > 0) this.left -= 1;
    const flapping = this.left % 2 === 0 ? 'sealed' : 'standby';
    return (['active', flapping, 'standby'] as const).map((state, index) => ({
      name: `vault-${index}`,
      address: `http://vault-${index}`,
      state,
    }));
  }
}

test('a replica that flaps a thousand times is told in one message, whose thread stays short', {
  timeout: 100_000,
}, async () => {
  const watched = new FlappingVault();
  world = await startWatchWorld({ pollMs: 1, leaseSeconds: 30, watched });
  world.startReplica('first');
  const message = () => says(world.messages[0]);
  const turns = () => Number(/It changed (\d+) times/.exec(message())?.[1] ?? 0);
  await waitFor(() => watched.left === 0, 'all flaps', 80_000);
  // The first one began it, and is no turn.
  await waitFor(() => turns() === 2 * flaps - 2, 'all turns to be counted', 10_000);
  expect(message()).toContain('vault-1 is sealed');
  expect(world.messages).toHaveLength(1);
  // Eight turns, and that there are more.
  expect(thread(world.messages[0])).toHaveLength(9);
  expect(thread(world.messages[0]).at(-1)).toContain('It keeps changing');
  expect(message()).toContain(`${2 * flaps - 10} of them are not told one by one`);
  expect(JSON.stringify(world.leases.real.stored.get('incident-seals')).length).toBeLessThan(10_000);
});
