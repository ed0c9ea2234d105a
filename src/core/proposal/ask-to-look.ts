import type { Clock } from '../clock.ts';
import type { Call } from '../ports/call.ts';
import type { Proposals } from './keep-proposals.ts';

/** Somebody else may change it at the same time: whoever looked just then has seen what there was to see. */
const mostTries = 3;

/**
 * Has whichever replica leads look at a waiting proposal soon, by a mark in its Lease. Safe to repeat; nothing where no
 * proposal of this number waits. Throws what Leases do.
 */
export async function askToLook(
  proposals: Pick<Proposals, 'list' | 'change'>,
  number: number,
  clock: Pick<Clock, 'now'>,
  call: Call,
): Promise<void> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    const all = await proposals.list(call);
    const kept = all.find(({ record }) => record.story.proposal?.number === number);
    if (kept === undefined) return;
    const asked = new Date(clock.now()).toISOString();
    if ((await proposals.change(kept, { ...kept.record, asked }, call)) !== undefined) return;
  }
}
