import { inspect } from 'node:util';

const shown = '[secret]';

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
