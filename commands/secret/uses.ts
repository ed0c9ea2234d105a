import { z } from 'zod';
import type { Card } from '../../src/core/card.ts';
import { defineCommand } from '../../src/core/command.ts';
import { count, verb } from '../../src/core/count.ts';
import { formatObjectName, type PropertyName } from '../../src/core/names.ts';
import type { ExternalSecret } from '../../src/core/ports/cluster.ts';
import type { Secret } from '../../src/core/secrets.ts';
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
      card: cardOf(secret, { properties, planned: plans.flatMap((plan) => plan.readers), consumers }),
    };
  },
});

function uniqueConsumers(consumers: readonly ConsumerProgress[]): readonly ConsumerProgress[] {
  return [...new Map(consumers.map((each) => [formatWorkload(each), each])).values()];
}

interface Seen {
  readonly properties: readonly PropertyName[];
  readonly planned: readonly ReaderProgress[];
  readonly consumers: readonly ConsumerProgress[];
}

function cardOf(
  secret: Pick<Secret, 'name' | 'where' | 'readers'>,
  { properties, planned, consumers }: Seen,
): Card {
  const restarts = consumers.filter(({ by }) => by !== 'nobody').length;
  const subject = properties.length === 0 ? secret.name : `${properties.join(', ')} of ${secret.name}`;
  const readers = secret.readers.filter((reader) => properties.length === 0 || isPlanned(reader, planned));
  return {
    state: 'info',
    title: `${subject} ${verb(properties.length, 'is', 'are')} read by ${count(readers.length, 'ExternalSecret')} and used by ${count(consumers.length, 'workload')}; a rotation would restart ${restarts}`,
    fields: [{ label: 'Path', value: secret.where }],
    // No table: what happens to each is a sentence, and a line of a table has no room for one.
    lines: [
      ...readers.map((reader) => readerLine(reader, planned)),
      ...consumers.map(consumerLine),
      ...(readers.length > 0
        ? []
        : [
            `Nobody reads ${verb(properties.length, 'it', 'them')} there: /secret status ${secret.name} shows the names that Vault has.`,
          ]),
      'Seen through External Secrets in this cluster. Vault Agents, other operators and other clusters can read it unseen.',
    ],
    actions: [{ label: 'Status', command: `secret status ${secret.name}` }],
  };
}

function isPlanned(reader: ExternalSecret, planned: readonly ReaderProgress[]): boolean {
  return planned.some((each) => formatObjectName(each) === formatObjectName(reader));
}

function readerLine(reader: ExternalSecret, planned: readonly ReaderProgress[]): string {
  const how = [...new Set(reader.reads.map((read) => read.how))].join(', ');
  return `ExternalSecret ${formatObjectName(reader)} (${how}): ${onRotation(reader, planned)}`;
}

function onRotation(reader: ExternalSecret, planned: readonly ReaderProgress[]): string {
  const name = formatObjectName(reader);
  const plan = planned.find((each) => formatObjectName(each) === name);
  if (plan === undefined) return 'not touched, it reads none of the properties that are there';
  if (plan.why !== undefined) return plan.why;
  const [unprovable] = reader.unprovable;
  return unprovable === undefined ? 'synced, and proven' : `synced; not provable: ${unprovable}`;
}

function consumerLine(consumer: ConsumerProgress): string {
  const then = {
    bot: 'restarted',
    reloader: 'restarted by Reloader',
    nobody: consumer.why ?? 'not restarted',
  };
  return `${formatWorkload(consumer)} (${consumer.uses.join(', ')}): ${then[consumer.by]}`;
}
