import { describeDuration } from '../core/duration.ts';
import { ChatelaineError } from '../core/errors.ts';
import type { Operation } from '../core/operation.ts';
import type { JournalEntry } from './journal-entry.ts';

/** Milliseconds after which nobody expects any more that what they asked for begins. */
const longestWait = 60 * 60_000;

/** Throws asked-too-long-ago for work that lay for an hour without being begun. By the wall clocks of two machines: an hour is more than they differ. */
export function assertExpected(
  operation: Operation,
  state: Readonly<Record<string, unknown>>,
  { startedAt, actor }: Pick<JournalEntry, 'startedAt' | 'actor'>,
  now: number,
): void {
  const age = now - Date.parse(startedAt);
  if (age <= longestWait || operation.notBegun?.(state) !== true) return;
  throw new ChatelaineError({
    code: 'asked-too-long-ago',
    doing: `beginning this ${operation.kind}`,
    wrong: `it was asked for ${describeDuration(age)} ago, and no replica was there to begin it`,
    state: 'Nothing was changed.',
    next: `Ask again if @${actor.name} still wants it.`,
  });
}
