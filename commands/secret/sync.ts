import { z } from 'zod';
import { defineCommand } from '../../src/core/command.ts';
import type { Namespace } from '../../src/core/names.ts';
import { secretTarget } from '../../src/core/targets.ts';
import { planReaders } from '../../src/operations/delivery/plan-delivery.ts';

/** Has External Secrets read a secret again now, and waits for the proof. Safe to repeat. */
export const sync = defineCommand({
  name: 'secret sync',
  summary: 'Have External Secrets read a secret again now, and wait for the proof',
  examples: ['secret sync media/jellyfin'],
  may: 'sync',
  effect: 'write',
  args: z.object({ target: secretTarget() }),
  words: ['target'],
  async handler(context, { target }) {
    const { secrets, permissions, actor, cluster, call, requestId, place, settings } = context;
    const secret = secrets.find(target, 'sync');
    const allowed = (namespace: Namespace): boolean => permissions.allows(actor, 'sync', { namespace });
    const guard = await cluster.guard('ExternalSecret', call);
    const shown = await context.operations.start({
      id: requestId,
      kind: 'sync',
      state: {
        target: secret.name,
        readers: planReaders(secret.readers, guard, allowed),
        consumers: [],
        syncMs: settings.syncSeconds * 1000,
        rolloutMs: 0,
      },
      actor,
      requestId,
      place,
      locks: [],
    });
    return shown === undefined ? {} : { shown };
  },
});
