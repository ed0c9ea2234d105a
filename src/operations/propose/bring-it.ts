import { ChatelaineError } from '../../core/errors.ts';

/** What is in Git already, and lacks nothing but a value that only a person has. */
export function bringIt(target: string, names: readonly string[]): ChatelaineError {
  return new ChatelaineError({
    code: 'bad-argument',
    doing: `planning another property for ${target}`,
    wrong: `${names.join(', ')} was merged already, and only its value is missing`,
    state: 'Nothing changed.',
    next: `Bring it: /secret set ${target} ${names.join(' ')}`,
  });
}
