import type { PropertyName } from '../../core/names.ts';
import type { SetState } from './state.ts';

/**
 * The command that changes one property and leaves its siblings alone. The value is asked for without being shown,
 * and goes by standard input: an argument could be read in the list of processes and in the shell's history.
 * Names hold no character that a shell would take for its own, but `~`, which means something only at a word's begin.
 */
export function commandByHand(
  { mount, path }: Pick<SetState, 'mount' | 'path'>,
  property: PropertyName,
): string {
  return `(IFS= read -rs V && printf %s "$V" | bao kv patch -mount=${mount} ${path} ${property}=-)`;
}
