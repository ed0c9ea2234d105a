import type { Action, Card, Text } from '../card.ts';
import { describeDuration } from '../duration.ts';
import type { SnapshotEntry, SnapshotIncident } from './snapshot-incident.ts';

const actions: readonly Action[] = [
  { label: 'Readiness', command: 'vault readiness' },
  { label: 'Take one now', command: 'vault snapshot' },
];

/** The one message of an incident, made from its state alone, so that it is edited only when that changes. */
export function snapshotCard(incident: SnapshotIncident, cronJob: string): Card {
  const { since, endedAt, lastGood } = incident;
  if (endedAt !== undefined) {
    const took = describeDuration(Date.parse(endedAt) - Date.parse(since));
    return {
      state: 'success',
      title: `Snapshots of Vault are taken again, ${took} after it was noticed`,
      lines: lastGood === undefined ? [] : [['The last good one is of ', { time: lastGood }, '.']],
      actions: actions.slice(0, 1),
    };
  }
  return {
    state: 'warning',
    title: [titleOf(incident), ' (noticed ', { time: since }, ')'],
    lines: [lastLine(incident), ...helpLines(incident, cronJob)],
    actions: [...actions],
  };
}

function titleOf({ problem, lastGood }: SnapshotIncident): string {
  if (problem === 'missing') return 'No snapshots of Vault are taken: their CronJob is not there';
  if (problem === 'suspended')
    return 'No snapshots of Vault are taken by themselves: their CronJob is suspended';
  return lastGood === undefined ? 'No snapshot of Vault was taken yet' : 'Snapshots of Vault have stopped';
}

function lastLine({ lastGood }: SnapshotIncident): Text {
  if (lastGood === undefined) return 'No good one is known of: a lost cluster could not be restored.';
  return [
    'The last good one is of ',
    { time: lastGood },
    ': what was written since would be lost with the cluster.',
  ];
}

function helpLines({ problem }: SnapshotIncident, cronJob: string): readonly Text[] {
  const [namespace = '', name = ''] = cronJob.split('/');
  if (problem === 'missing') return [['It is in ', { code: 'manifests/vault-snapshots' }, '.']];
  return [
    [
      'What its Jobs say: ',
      { code: `kubectl get cronjob ${name}, jobs, events -n ${namespace}`.replaceAll(', ', ',') },
    ],
  ];
}

/** One entry of its thread. */
export function snapshotEntryCard({ at, words, isGood }: SnapshotEntry): Card {
  return { state: isGood ? 'success' : 'warning', title: [{ time: at }, ` ${words}`] };
}
