import { z } from 'zod';
import { defineCommand } from '../../src/core/command.ts';
import { count } from '../../src/core/count.ts';
import { pathsOf } from '../../src/core/find-secrets.ts';
import { freezeLines } from '../../src/core/freeze/freeze-words.ts';
import { lastSeenLines } from '../../src/core/last-seen.ts';
import { formatObjectName, Namespace } from '../../src/core/names.ts';
import type { ExternalSecret } from '../../src/core/ports/cluster.ts';

/** What a person may see of the cluster's secrets; answered from the cache. */
export const list = defineCommand({
  name: 'secret list',
  summary: 'List the secrets you may see, those that fail first',
  examples: ['secret list', 'secret list media'],
  may: 'read',
  effect: 'read',
  args: z.object({
    namespace: Namespace.optional().meta({ title: 'Namespace', description: 'only this one' }),
    failing: z.boolean().optional().meta({ title: 'Failing', description: 'only those that are not Ready' }),
  }),
  words: ['namespace'],
  async handler({ secrets, vault, cluster, freezes, clock }, { namespace, failing }) {
    const all = secrets.all(namespace);
    const troubled = all.filter(({ ready }) => ready.status !== 'True');
    const shown =
      failing === true ? troubled : [...troubled, ...all.filter(({ ready }) => ready.status === 'True')];
    const where = namespace === undefined ? '' : ` in ${namespace}`;
    return {
      card: {
        state: 'info',
        title: `${count(all.length, 'secret')} you may see${where}, ${troubled.length === 0 ? 'all Ready' : `${troubled.length} not Ready`}`,
        table: { columns: ['Secret', 'State', `Path in ${vault.mount}`], rows: shown.map(rowOf) },
        lines: [
          ...(await freezeLines(freezes, clock.now())),
          ...(all.length === 0
            ? ['Nothing here is in your sight: the namespace has none, or no grant shows them to you.']
            : []),
          ...lastSeenLines(cluster),
        ],
      },
    };
  },
});

function rowOf(secret: ExternalSecret): readonly string[] {
  const { status, reason } = secret.ready;
  return [
    formatObjectName(secret),
    status === 'True' ? 'Ready' : reason,
    pathsOf(secret).join(', ') || 'by search',
  ];
}
