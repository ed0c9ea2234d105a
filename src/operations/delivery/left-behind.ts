import type { Action, Text } from '../../core/card.ts';
import { formatObjectName } from '../../core/names.ts';
import type { DeliveryState } from './progress.ts';
import { formatWorkload, hasTaken, isOpen } from './progress.ts';

/** What a freeze kept from being done about a version that is in Vault, and how to go on after the thaw. */
export function leftBehind(state: DeliveryState, target: string): readonly Text[] {
  const readers = state.readers.filter(isOpen).map(formatObjectName);
  const late = state.readers.filter((each) => !hasTaken(each) && !isOpen(each) && each.state !== 'skipped');
  const workloads = state.consumers.filter(isOpen).filter(({ by }) => by === 'bot');
  const reloaded = state.consumers.filter(isOpen).filter(({ by }) => by === 'reloader');
  return [
    ...(readers.length === 0
      ? []
      : [
          `Not asked to read it: ${readers.join(', ')}. External Secrets takes it by itself at its next refresh; a freeze does not stop that.`,
          `To go on after the thaw: /secret sync ${target}.`,
        ]),
    ...(late.length === 0
      ? []
      : [`Not seen with it: ${late.map(formatObjectName).join(', ')}; its step says why.`]),
    ...(workloads.length === 0
      ? []
      : [
          `Not restarted: ${workloads.map(formatWorkload).join(', ')}. Once its Secret has the new value, restart it by hand, or it goes on with the previous one.`,
        ]),
    ...(reloaded.length === 0
      ? []
      : [`Not watched: ${reloaded.map(formatWorkload).join(', ')}, which Reloader restarts by itself.`]),
  ];
}

/** The button for going on. */
export function syncAction(target: string): Action {
  return { label: 'Sync after the thaw', command: `secret sync ${target}` };
}
