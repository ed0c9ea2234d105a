import { inspect } from 'node:util';
import { encodingsOf } from './encodings.ts';

const shown = '[secret]';
/** A shorter line of a longer value (`-----END`) is no sign of it. */
const leastLine = 24;

/**
 * Holds a value so that it can't be printed, logged or serialised by accident: the bytes are in a
 * private field, and every road to a string (`String`, templates, JSON, `inspect`, spreading,
 * structured clone) gives `[secret]` or nothing. Opened in three rooms only: the generator,
 * the Vault writer and the SOPS writer; a test reads the source and holds that.
 */
export class SecretValue {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
    Object.freeze(this);
  }

  /** The value itself. Threat: every caller is a place that can leak it. */
  open(): string {
    return this.#value;
  }

  /**
   * Whether a text holds the value, plain or in an encoding that is used anywhere near. Multi-line values are looked
   * for by each of their longer lines, since YAML indents them. Says yes or no, and nothing else of the value.
   */
  isIn(text: string): boolean {
    const lines = this.#value.split(/\r?\n/).filter((line) => line.length >= leastLine);
    return [this.#value, ...lines].some((part) => encodingsOf(part).some((form) => text.includes(form)));
  }

  /** Whether it has fewer characters than that. Says yes or no, and nothing else of the value. */
  isShorterThan(characters: number): boolean {
    return this.#value.length < characters;
  }

  toString(): string {
    return shown;
  }

  toJSON(): string {
    return shown;
  }

  [Symbol.toPrimitive](): string {
    return shown;
  }

  [inspect.custom](): string {
    return shown;
  }
}
