import type { Action, Card, Text } from '../card.ts';
import { describeDuration } from '../duration.ts';
import { lateLine, toldElsewhere } from './incident-card.ts';
import type { SnapshotIncident, SnapshotRules } from './snapshot-incident.ts';

const readiness: Action = { label: 'Readiness', command: 'vault readiness' };
const snapshot: Action = { label: 'Take one now', command: 'vault snapshot' };

/** The one message of an incident, made from its state alone, so that it is edited only when that changes. */
export function snapshotCard(
  incident: SnapshotIncident,
  cronJob: string,
  { graceMs }: Pick<SnapshotRules, 'graceMs'>,
): Card {
  const card = incident.endedAt === undefined ? open(incident, cronJob) : ended(incident, incident.endedAt);
  return { ...card, lines: [...(card.lines ?? []), ...lateLine(incident, graceMs)] };
}

/** In the place of a message whose incident another message tells on. */
export function snapshotElsewhere(incident: SnapshotIncident): Card {
  return toldElsewhere(incident, readiness);
}

function open(incident: SnapshotIncident, cronJob: string): Card {
  return {
    state: 'warning',
    title: [titleOf(incident), ' (noticed ', { time: incident.since }, ')'],
    lines: [lastLine(incident), ...helpLines(incident, cronJob)],
    actions: [readiness, snapshot],
  };
}

function ended({ since, lastGood }: SnapshotIncident, endedAt: string): Card {
  const took = describeDuration(Date.parse(endedAt) - Date.parse(since));
  return {
    state: 'success',
    title: `Snapshots of Vault are taken again, ${took} after it was noticed`,
    lines: lastGood === undefined ? [] : [['The last good one is of ', { time: lastGood }, '.']],
    actions: [readiness],
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
