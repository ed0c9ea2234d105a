import { expect, test } from 'vitest';
import { openShell } from '../bot/run-terminal.ts';

test('Ctrl-C in a terminal leaves the work to a replica at once, and says so', async () => {
  const { world, run, close } = await openShell({ configuration: { limits: { syncSeconds: 300 } } });
  try {
    world.kubernetes.faults.frozenExternalSecrets.add('media/jellyfin');
    const ran = await run(['secret', 'rotate', 'media/jellyfin', 'api-key'], {
      env: { CHATELAINE_LOG: 'debug' },
      interruptAt: '"step":"sync"',
    });
    expect(ran.code).toBe(1);
    expect(ran.out).toContain('What was begun is in the journal.');
    const journal = world.kubernetes
      .objects('Lease')
      .find(({ metadata }) => metadata.name?.startsWith('op-'));
    // Nobody holds it: whoever comes first goes on with it.
    expect(journal).toMatchObject({ spec: { holderIdentity: '' } });
    expect(world.vault.read('media/jellyfin')?.version).toBe(8);
  } finally {
    await close();
  }
}, 60_000);
