import { describe, expect, it } from 'vitest';
import { plainText } from '../../src/core/card.ts';
import { Replica, startRotation, until, World } from './world.ts';

/** How many calls a rotation makes on one replica that is never disturbed, and which. */
async function undisturbed(): Promise<readonly string[]> {
  const replica = new Replica(new World(), 'a', { resumes: false, leaseSeconds: 30 });
  await startRotation(replica);
  await replica.operations.close();
  return replica.calls;
}

const calls = await undisturbed();

/** Kills replica a at one moment of one call, lets b go on, and returns the world when the operation has ended. */
async function crashAt(moment: 'before' | 'after', at: number): Promise<World> {
  const world = new World();
  const a: Replica = new Replica(world, 'a', {
    resumes: false,
    hooks: {
      at: (when, _call, number) => {
        if (when === moment && number === at) a.kill();
      },
    },
  });
  void startRotation(a);
  const b = new Replica(world, 'b');
  const neverBegan = at === 1 && moment === 'before';
  await until('the operation has ended', () => isClosed(world) || neverBegan);
  await b.operations.close();
  return world;
}

function isClosed(world: World): boolean {
  return [...world.leases.values()].some((lease) =>
    (lease.annotations['chatelaine.dev/journal'] ?? '').includes('"phase":"closed"'),
  );
}

describe('a replica that dies', () => {
  it('makes a rotation of many calls', () => {
    expect(calls.length).toBeGreaterThan(15);
    expect(calls).toContain('vault patch');
  });

  it.concurrent.each(
    calls.flatMap((call, index) => [
      { call, at: index + 1, moment: 'before' as const },
      { call, at: index + 1, moment: 'after' as const },
    ]),
  )('$moment call $at, $call: the operation ends once', async ({ call, at, moment }) => {
    const world = await crashAt(moment, at);
    const written = world.versions.slice(7);
    if (call === 'lease create op-request1' && moment === 'before') {
      expect(written).toHaveLength(0);
      return;
    }
    // Exactly one version, whoever wrote it: cas lets no second one through.
    expect(written).toHaveLength(1);
    // The surface was told the end once; a message that was posted and not journalled may be left at work.
    const ended = world.lastCards().filter((card) => card.state !== 'working');
    expect(ended).toHaveLength(1);
    const [card] = ended;
    const title = plainText(card?.title ?? '');
    expect(title).toContain('v8 is live in 2 ExternalSecrets, 2 of 2 workloads restarted');
    const text = JSON.stringify(card);
    // a wrote it and died before it could say so: that is told, never guessed.
    if (written[0]?.by === 'a' && call === 'vault patch') {
      expect(card?.state).toBe('warning');
      expect(text).toContain("ours or another's");
    }
    if (written[0]?.by === 'b') expect(card?.state).toBe('success');
    expect(world.rollouts.get('jellyfin')).toEqual(['request1']);
    expect([...world.marks.values()]).toEqual(['request1', 'request1']);
    expect([...world.leases.keys()].filter((name) => name.startsWith('lock-'))).toEqual([]);
  });
});
