import type { Action, Card, Text } from '../card.ts';
import type { Entry, Tellable } from './incident.ts';

/** A message this much younger than what it tells says so. */
const late = 60_000;

/** That it is told late, where it is. `graceMs`: milliseconds that it was not to be told by purpose. */
export function lateLine(
  { since, toldAt }: Pick<Tellable, 'since' | 'toldAt'>,
  graceMs = 0,
): readonly Text[] {
  if (toldAt === undefined || Date.parse(toldAt) - Date.parse(since) < graceMs + late) return [];
  return [['Told late, at ', { time: toldAt }, ': until then it could not be shown.']];
}

/** One entry of an incident's thread, with what stands below it. */
export function turnCard({ at, words, state }: Entry, lines: readonly Text[] = []): Card {
  return { state, title: [{ time: at }, ` ${words}`], ...(lines.length === 0 ? {} : { lines }) };
}

/** For a message that told an incident which another one tells on: both were made while replicas of the bot could not agree. */
export function toldElsewhere({ number, since }: Tellable, action: Action): Card {
  return {
    state: 'info',
    title: ['This incident (since ', { time: since }, ') is told on in another message'],
    lines: [
      `It was told twice, here as ${number}: replicas of the bot could not agree without the API server.`,
    ],
    actions: [action],
  };
}
