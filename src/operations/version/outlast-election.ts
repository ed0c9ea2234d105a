import type { Clock } from '../../core/clock.ts';
import type { ErrorCode } from '../../core/errors.ts';
import type { Call } from '../../core/ports/call.ts';
import { whileAway } from '../while-away.ts';

/** Milliseconds: a replica that was sealed hands over in one or two seconds, a lost one is missed after about five to ten. */
const milliseconds = 15_000;

/** What a Vault without a leader answers: nothing was done of what was asked. */
const refused: readonly ErrorCode[] = ['vault-sealed', 'vault-unreachable'];

/**
 * Does what was refused again while Vault may be choosing another leader, for some seconds. For a read an answer that
 * was lost is no more than that. Throws what the last try threw, as soon as that is anything else.
 */
export function outlastElection<T>(
  { clock, call }: { readonly clock: Clock; readonly call: Call },
  kind: 'read' | 'write',
  ask: () => Promise<T>,
): Promise<T> {
  const passing = kind === 'read' ? [...refused, 'vault-no-answer' as const] : refused;
  return whileAway(clock, call, ask, { passing, milliseconds });
}
