import type { Clock } from '../clock.ts';
import type { Command } from '../command.ts';
import { isFault } from '../errors.ts';
import { formatObjectName, PropertyName } from '../names.ts';
import type { Permissions } from '../permissions.ts';
import type { Secret, Secrets } from '../secrets.ts';
import type { Touched } from './freeze-scope.ts';
import { freezeOver } from './freeze-state.ts';
import { frozenFault } from './freeze-words.ts';
import type { Freezes } from './freezes.ts';

export interface AssertOptions {
  readonly freezes: Freezes;
  readonly permissions: Permissions;
  readonly clock: Clock;
}

/** Before a command that writes: throws frozen where a freeze stops what it would touch, and what kept the Lease from being asked. */
export async function assertThawed(
  { freezes, permissions, clock }: AssertOptions,
  secrets: Secrets,
  command: Command,
  args: unknown,
): Promise<void> {
  const stopped = command.whileFrozen ?? (command.effect === 'write' ? 'stopped' : 'runs');
  if (stopped === 'runs') return;
  const frozen = await freezes.look();
  const freeze = freezeOver(frozen, () => touchedBy(secrets, command, args));
  if (freeze !== undefined) throw frozenFault(freeze, { permissions, now: clock.now() });
}

/** What a command with a secret for its target touches, as far as is known before it runs. */
function touchedBy(secrets: Secrets, command: Command, args: unknown): Touched {
  const { target, properties } = args as { readonly target?: unknown; readonly properties?: unknown };
  if (typeof target !== 'string') return undefined;
  const named = PropertyName.array().safeParse(properties);
  try {
    return touchedOf(secrets.find(target, command.may, named.data ?? []));
  } catch (error) {
    // The command itself says what is wrong with its target, and changes nothing.
    if (isFault(error, 'no-such-secret', 'ambiguous-secret', 'not-permitted', 'bad-argument')) return [];
    throw error;
  }
}

function touchedOf({ target, paths, readers }: Secret): Touched {
  return [target, ...readers]
    .flatMap((each): string[] => [each.namespace, formatObjectName(each)])
    .concat(paths);
}
