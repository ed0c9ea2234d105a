import type { Text } from '../../core/card.ts';
import { verb } from '../../core/count.ts';
import type { PropertyName } from '../../core/names.ts';
import type { SetState } from './state.ts';

/**
 * The command that changes some properties and leaves their siblings alone. It says which version it follows, as the mount
 * asks of every write, and changes nothing where somebody else has written since. The values are asked for without being
 * shown, and go by a pipe: an argument could be read in the list of processes and in the shell's history. All of them make one
 * version. Names hold no character that a shell would take for its own, but `~`, which means something only at a word's
 * begin.
 */
export function commandByHand(
  { mount, path, before }: Pick<SetState, 'mount' | 'path' | 'before'>,
  properties: readonly PropertyName[],
): string {
  return typed(`patch -cas=${before} -mount=${mount} ${path}`, properties);
}

/** The command that makes a path with some properties, and changes nothing where there is one already. */
export function firstByHand(
  { mount, path }: Pick<SetState, 'mount' | 'path'>,
  properties: readonly PropertyName[],
): string {
  return typed(`put -cas=0 -mount=${mount} ${path}`, properties);
}

/** One value goes by standard input; of several, which have to be told apart, each by a pipe of its own. */
function typed(command: string, properties: readonly PropertyName[]): string {
  const [only, ...more] = properties;
  if (more.length === 0) return `(IFS= read -rs V && printf %s "$V" | bao kv ${command} ${only}=-)`;
  const asks = properties.map((name, at) => `printf '${name}: ' && IFS= read -rs V${at} && echo`);
  const pipes = properties.map((name, at) => `${name}=@<(printf %s "$V${at}")`);
  return `(${asks.join(' && ')} && bao kv ${command} ${pipes.join(' ')})`;
}

/** What a person should know of such a command. */
export function typingLine(properties: readonly unknown[]): Text {
  return [
    `In Bash or Zsh: it asks for ${verb(properties.length, 'the value without showing it, and puts it', 'each value without showing it, and puts them')} in no list of processes. With HashiCorp’s program it is `,
    { code: 'vault' },
    ' instead of ',
    { code: 'bao' },
    '.',
  ];
}
