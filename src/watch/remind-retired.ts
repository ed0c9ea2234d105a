import type { Card } from '../core/card.ts';
import type { Clock } from '../core/clock.ts';
import { describeUnknown, isFault } from '../core/errors.ts';
import type { Kept } from '../core/keep-records.ts';
import type { Log } from '../core/log.ts';
import type { Call } from '../core/ports/call.ts';
import type { Surface } from '../core/ports/surface.ts';
import type { Vault } from '../core/ports/vault.ts';
import { destroyCommand } from '../core/proposal/destroy-command.ts';
import type { Retired, RetiredPath } from '../core/proposal/keep-retired.ts';
import type { Role } from './leadership.ts';
import type { Loop } from './supervise.ts';

export interface RetiredOptions {
  readonly retired: Retired;
  readonly vault: Pick<Vault, 'mount' | 'metadata'>;
  readonly surface: Pick<Surface, 'show'>;
  readonly role: () => Role;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds between two looks. */
  readonly everyMs: number;
}

/** Milliseconds for one look at all of them. */
const lookWithin = 60_000;

/**
 * Reminds once, where a removal was asked for, that its grace period is over: a person destroys what is left, since the bot
 * has no right to. What was brought back or destroyed meanwhile is forgotten without a word.
 */
export function remindRetired(options: RetiredOptions): Loop {
  const { role, clock, everyMs } = options;
  return {
    name: 'the reminders of removals',
    async run(signal) {
      while (!signal.aborted) {
        if (role() === 'leader')
          await lookAtAll(options, signal).catch((error: unknown) => note(options, error, signal));
        await clock.sleep(everyMs, signal).catch(() => undefined);
      }
    },
  };
}

function note({ log }: Pick<RetiredOptions, 'log'>, error: unknown, signal: AbortSignal): void {
  if (signal.aborted) return;
  if (!isFault(error)) throw error;
  log.warn({ code: error.code, reason: describeUnknown(error) }, 'removals not looked at');
}

async function lookAtAll(options: RetiredOptions, signal: AbortSignal): Promise<void> {
  const { retired, clock } = options;
  const call: Call = {
    signal: AbortSignal.any([signal, AbortSignal.timeout(lookWithin)]),
    requestId: 'removals',
  };
  for (const kept of await retired.list(call)) {
    if (Date.parse(kept.record.until) > clock.now()) continue;
    // One that can't be looked at keeps no other from being told.
    await lookAtOne(options, kept, call).catch((error: unknown) => note(options, error, signal));
  }
}

async function lookAtOne(
  { retired, surface, vault }: RetiredOptions,
  kept: Kept<RetiredPath>,
  call: Call,
): Promise<void> {
  const { record } = kept;
  if (await isStillDeleted(vault, record, call)) {
    const card = reminder(record, `${vault.mount}/${record.path}`);
    // What Slack will never take, as in a channel that is gone, is not tried for ever.
    await surface.show(record.place, card, call).catch((error: unknown) => {
      if (!isFault(error, 'slack-refused')) throw error;
    });
  }
  await retired.forget(kept, call);
}

async function isStillDeleted(
  vault: RetiredOptions['vault'],
  { path, version }: RetiredPath,
  call: Call,
): Promise<boolean> {
  try {
    const { currentVersion, versions } = await vault.metadata(path, call);
    return currentVersion === version && versions.every(({ state }) => state !== 'live');
  } catch (error) {
    if (isFault(error, 'vault-missing')) return false;
    throw error;
  }
}

function reminder({ target, actor, at, requestId }: RetiredPath, where: string): Card {
  return {
    state: 'info',
    askedBy: actor,
    title: `${where} can be destroyed: ${target} was removed on ${at.slice(0, 10)}, and nobody has brought it back`,
    lines: [
      ['A person with that right removes what is left: ', { code: destroyCommand(where) }],
      'It can’t be undone. Until then what was deleted can be brought back with bao kv undelete.',
    ],
    requestId,
  };
}
