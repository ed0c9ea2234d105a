import type { Text } from '../card.ts';
import { describeDuration } from '../duration.ts';
import { ChatelaineError, isFault } from '../errors.ts';
import type { Permissions } from '../permissions.ts';
import { describeWrites, everything, type FreezeScope } from './freeze-scope.ts';
import type { Freeze } from './freeze-state.ts';
import type { Freezes } from './freezes.ts';

const unreadableWords =
  'the Lease freeze has not the form that it should have, so everything counts as frozen';

/** The refusal of a write: who froze it, since when, why, and whom to ask. */
export function frozenFault(
  freeze: Freeze | 'unreadable',
  { permissions, now }: { readonly permissions: Permissions; readonly now: number },
): ChatelaineError {
  const scope = freeze === 'unreadable' ? everything : freeze.scope;
  return new ChatelaineError({
    code: 'frozen',
    doing: 'asking whether writes are frozen',
    wrong: freeze === 'unreadable' ? unreadableWords : describeFreeze(freeze, now),
    state: 'Nothing was changed.',
    next: whomToAsk(freeze, permissions.whoMayOver('thaw', scope)),
  });
}

/** `writes to media/** are frozen since … (12 min 3 s) by @ada: “…”`. */
export function describeFreeze({ scope, since, by, reason }: Freeze, now: number): string {
  const age = describeDuration(now - Date.parse(since));
  return `${describeWrites(scope)} are frozen since ${wholeSeconds(since)} (${age}) by @${by.name}: “${reason}”`;
}

function whomToAsk(freeze: Freeze | 'unreadable', may: string): string {
  const command = freeze === 'unreadable' ? thawCommand(everything) : thawCommand(freeze.scope);
  const thaw =
    may === ''
      ? 'No grant of the configuration lets anybody thaw it; whoever keeps the configuration can add one with the right thaw.'
      : `${may} may thaw it: /${command}.`;
  return freeze === 'unreadable' ? thaw : `Ask @${freeze.by.name} whether it still has to be. ${thaw}`;
}

/** The command that ends a freeze. */
export function thawCommand(scope: FreezeScope): string {
  return scope === everything ? 'secret thaw' : `secret thaw ${scope}`;
}

/** One line for each freeze, for cards that show where things stand. Never throws: that it can't be asked is a line too. */
export async function freezeLines(freezes: Freezes, now: number): Promise<readonly Text[]> {
  try {
    const frozen = await freezes.look();
    if (frozen.unreadable === true)
      return [`Frozen: ${unreadableWords}. To end it: /${thawCommand(everything)}.`];
    return frozen.freezes.map((freeze): Text => {
      const { scope, by, since, reason } = freeze;
      const age = describeDuration(now - Date.parse(since));
      return [
        `Frozen: ${describeWrites(scope)}, since `,
        { time: since },
        ` (${age}) by `,
        { person: by },
        `: “${reason}”.`,
      ];
    });
  } catch (error) {
    if (!isFault(error)) throw error;
    return [`Whether writes are frozen is not known: ${error.wrong}. Until it is, nothing is written.`];
  }
}

function wholeSeconds(iso: string): string {
  return `${iso.slice(0, 19)}Z`;
}
