import { readFileSync } from 'node:fs';
import type { User } from '@kubernetes/client-node';
import type { Clock } from '../core/clock.ts';

const provider = 'chatelaine-token-file';
/** Well below the ten minutes that the shortest token lives; the kubelet replaces one at four fifths of its life. */
const freshFor = 20_000;

/** A user of a kubeconfig whose token is in a file. */
export function tokenFileUser(file: string): User {
  return { name: 'chatelaine', authProvider: { name: provider, config: { file } } };
}

/**
 * Reads a token from a file again and again, since the kubelet replaces it. client-node's own way does it each
 * minute, keeps a refused token for the rest of it, and sends a line break at the end of the file as part of the token.
 */
export class TokenFile {
  readonly #clock: Clock;
  #token: { readonly text: string; readonly file: string; readonly readAt: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isAuthProvider(user: User): boolean {
    return (user.authProvider as { readonly name?: string } | undefined)?.name === provider;
  }

  /** Throws what reading the file throws. */
  async applyAuthentication(user: User, options: { headers?: unknown }): Promise<void> {
    const { file } = (user.authProvider as { readonly config: { readonly file: string } }).config;
    options.headers = { ...(options.headers as object), Authorization: `Bearer ${this.#read(file)}` };
  }

  /** Has the file read again at the next request: the server refused the token. */
  forget(): void {
    this.#token = undefined;
  }

  #read(file: string): string {
    const now = this.#clock.monotonic();
    if (this.#token === undefined || this.#token.file !== file || now - this.#token.readAt > freshFor) {
      this.#token = { text: readFileSync(file, 'utf8').trim(), file, readAt: now };
    }
    return this.#token.text;
  }
}
