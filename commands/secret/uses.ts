import { z } from 'zod';
import type { Card } from '../../src/core/card.ts';
import { defineCommand } from '../../src/core/command.ts';
import { count } from '../../src/core/count.ts';
import { formatObjectName } from '../../src/core/names.ts';
import type { ExternalSecret } from '../../src/core/ports/cluster.ts';
import { secretProperties, secretTarget } from '../../src/core/targets.ts';
import { planDelivery } from '../../src/operations/delivery/plan-for-path.ts';
import {
  type ConsumerProgress,
  formatWorkload,
  type ReaderProgress,
} from '../../src/operations/delivery/progress.ts';

/** The preview of a rotation by itself: who reads, who uses, what would be restarted. Changes nothing. */
export const uses = defineCommand({
  name: 'secret uses',
  summary: 'Show who reads a secret, who uses it, and what a rotation would restart',
  examples: ['secret uses media/jellyfin'],
  may: 'read',
  effect: 'read',
  args: z.object({ target: secretTarget(), properties: secretProperties().default([]) }),
  words: ['target', 'properties'],
  async handler(context, { target, properties }) {
    const secret = context.secrets.find(target, 'read', properties);
    const plans = await Promise.all(
      secret.paths.map(async (path) => {
        const named = properties.length > 0 ? properties : await context.vault.properties(path, context.call);
        return planDelivery(context, { path, properties: named, mode: 'needed' });
      }),
    );
    const consumers = uniqueConsumers(plans.flatMap((plan) => plan.consumers));
    return {
      card: cardOf(
        secret,
        plans.flatMap((plan) => plan.readers),
        consumers,
      ),
    };
  },
});

function uniqueConsumers(consumers: readonly ConsumerProgress[]): readonly ConsumerProgress[] {
  return [...new Map(consumers.map((each) => [formatWorkload(each), each])).values()];
}

function cardOf(
  secret: { readonly name: string; readonly where: string; readonly readers: readonly ExternalSecret[] },
  planned: readonly ReaderProgress[],
  consumers: readonly ConsumerProgress[],
): Card {
  const restarts = consumers.filter(({ by }) => by !== 'nobody').length;
  return {
    state: 'info',
    title: `${secret.name} is read by ${count(secret.readers.length, 'ExternalSecret')} and used by ${count(consumers.length, 'workload')}; a rotation would restart ${restarts}`,
    fields: [{ label: 'Path', value: secret.where }],
    table: {
      columns: ['Reads or uses it', 'How', 'On a rotation'],
      rows: [...secret.readers.map((reader) => readerRow(reader, planned)), ...consumers.map(consumerRow)],
    },
    lines: [
      ...new Set(planned.flatMap(({ why }) => (why === undefined ? [] : [`Not synced: ${why}.`]))),
      'Seen through External Secrets in this cluster. Vault Agents, other operators and other clusters can read it unseen.',
    ],
    actions: [{ label: 'Status', command: `secret status ${secret.name}` }],
  };
}

function readerRow(reader: ExternalSecret, planned: readonly ReaderProgress[]): readonly string[] {
  const how = [...new Set(reader.reads.map((read) => read.how))].join(', ');
  return [`ExternalSecret ${formatObjectName(reader)}`, how, onRotation(reader, planned)];
}

function onRotation(reader: ExternalSecret, planned: readonly ReaderProgress[]): string {
  const name = formatObjectName(reader);
  const plan = planned.find((each) => formatObjectName(each) === name);
  if (plan === undefined) return 'not touched: it reads none of these properties';
  if (plan.why !== undefined) return plan.why;
  const [unprovable] = reader.unprovable;
  return unprovable === undefined ? 'synced, and proven' : `synced; not provable: ${unprovable}`;
}

function consumerRow(consumer: ConsumerProgress): readonly string[] {
  const then = {
    bot: 'restarted',
    reloader: 'restarted by Reloader',
    nobody: consumer.why ?? 'not restarted',
  };
  return [formatWorkload(consumer), consumer.uses.join(', '), then[consumer.by]];
}
