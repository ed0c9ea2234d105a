import type { Text } from '../../core/card.ts';
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
  return typed(`patch -mount=${mount} ${path} ${property}=-`);
}

/** The command that makes a path with one property, and changes nothing where there is one already. */
export function firstByHand(
  { mount, path }: Pick<SetState, 'mount' | 'path'>,
  property: PropertyName,
): string {
  return typed(`put -cas=0 -mount=${mount} ${path} ${property}=-`);
}

function typed(command: string): string {
  return `(IFS= read -rs V && printf %s "$V" | bao kv ${command})`;
}

/** What a person should know of such a command. */
export const typingLine: Text = [
  'It asks for the value without showing it, and puts it in no list of processes. With HashiCorp’s program it is ',
  { code: 'vault' },
  ' instead of ',
  { code: 'bao' },
  '.',
];
