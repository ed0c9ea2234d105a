import type { Clock } from '../../core/clock.ts';
import { type ErrorCode, isFault } from '../../core/errors.ts';
import type { Call } from '../../core/ports/call.ts';

/** Milliseconds: a replica that was sealed hands over in one or two seconds, a lost one is missed after about five to ten. */
const patience = 15_000;
const pause = 500;

/** What a Vault without a leader answers: nothing was done of what was asked. */
const refused = ['vault-sealed', 'vault-unreachable'] as const;

/**
 * Does what was refused again while Vault may be choosing another leader, for some seconds. For a read an answer that
 * was lost is no more than that. Throws what the last try threw, as soon as that is anything else.
 */
export async function outlastElection<T>(
  { clock, call }: { readonly clock: Clock; readonly call: Call },
  kind: 'read' | 'write',
  ask: () => Promise<T>,
): Promise<T> {
  const passing: readonly ErrorCode[] = kind === 'read' ? [...refused, 'vault-no-answer'] : refused;
  const end = clock.monotonic() + patience;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isFault(error, ...passing) || clock.monotonic() >= end) throw error;
      await clock.sleep(pause, call.signal).catch(() => {
        throw error;
      });
    }
  }
}
