import type { Encrypter } from '../core/ports/encrypter.ts';
import { chooseRule } from './choose-rule.ts';
import type { Surroundings } from './write-file.ts';
import { writeSecret } from './write-secret.ts';

/** The writer of SOPS files. It has no key of its own and keeps none. */
export function createEncrypter(surroundings: Surroundings): Encrypter {
  return {
    ruleFor: chooseRule,
    encryptSecret: (secret, rule) => writeSecret(secret, rule, surroundings),
  };
}
