import type { Field, Step, StepState } from '../../core/card.ts';
import { formatObjectName } from '../../core/names.ts';
import { type ConsumerProgress, formatWorkload, type ReaderProgress } from './progress.ts';

const readerStates: Record<ReaderProgress['state'], StepState> = {
  waiting: 'waiting',
  working: 'working',
  live: 'done',
  unprovable: 'unsure',
  failed: 'failed',
  late: 'failed',
  gone: 'failed',
  skipped: 'skipped',
};

/** One step a reader; `version` is what it is to take (`v8`). */
export function readerSteps(readers: readonly ReaderProgress[], version: string): readonly Step[] {
  return readers.map((reader) => ({
    state: readerStates[reader.state],
    text: readerText(reader, version),
    ...(reader.tookMs === undefined ? {} : { tookMs: reader.tookMs }),
  }));
}

function readerText(reader: ReaderProgress, version: string): string {
  const name = formatObjectName(reader);
  const why = reader.why === undefined ? '' : `: ${reader.why}`;
  switch (reader.state) {
    case 'waiting':
      return `sync ${name}`;
    case 'working':
      return `${name} waiting for External Secrets`;
    case 'live':
      return `${name} Ready with ${version}`;
    case 'unprovable':
      return `${name} Ready, but ${version} can't be proven${why}`;
    case 'late':
      return `${name} has not answered in time${why}`;
    default:
      return `${name}${why}`;
  }
}

const consumerStates: Record<ConsumerProgress['state'], StepState> = {
  waiting: 'waiting',
  working: 'working',
  ready: 'done',
  failed: 'failed',
  late: 'failed',
  gone: 'failed',
  skipped: 'skipped',
};

/** One step a workload. */
export function consumerSteps(consumers: readonly ConsumerProgress[]): readonly Step[] {
  return consumers.map((consumer) => ({
    state: consumerStates[consumer.state],
    text: consumerText(consumer),
    ...(consumer.tookMs === undefined ? {} : { tookMs: consumer.tookMs }),
  }));
}

function consumerText({ why = '', ...consumer }: ConsumerProgress): string {
  const name = formatWorkload(consumer);
  const byReloader = consumer.by === 'reloader';
  switch (consumer.state) {
    case 'waiting':
      return byReloader ? `${name}, which Reloader restarts` : `restart ${name}`;
    case 'working':
      return `${name} restarting${byReloader ? ' by Reloader' : ''}`;
    case 'ready':
      return `${name} restarted${byReloader ? ' by Reloader' : ''} and ready (${why})`;
    case 'skipped':
      return `${name} ${why}`;
    default:
      return `${name}: ${why}`;
  }
}

/** Who is touched, as fields at the top of a card. */
export function touchedFields(
  readers: readonly ReaderProgress[],
  consumers: readonly ConsumerProgress[],
): readonly Field[] {
  const used = consumers.map((each) => `${formatWorkload(each)} (${each.uses.join(', ')})`);
  return [
    {
      label: 'Read by',
      value:
        readers.length === 0
          ? 'nobody through External Secrets in this cluster'
          : `${readers.map(formatObjectName).join(', ')} (External Secrets, this cluster)`,
    },
    { label: 'Used by', value: used.length === 0 ? 'no workload that could be seen' : used.join(', ') },
  ];
}
