import { verb } from '../../core/count.ts';
import { ChatelaineError } from '../../core/errors.ts';

/** What is in Git already, and lacks nothing but a value that only a person has. */
export function bringIt(target: string, names: readonly string[]): ChatelaineError {
  return new ChatelaineError({
    code: 'bad-argument',
    doing: `planning another property for ${target}`,
    wrong: `${names.join(', ')} ${verb(names.length, 'was merged already, and only its value is missing', 'were merged already, and only their values are missing')}`,
    state: 'Nothing changed.',
    next: `Bring ${verb(names.length, 'it', 'them')}: /secret set ${target} ${names.join(' ')}`,
  });
}
