import { ChatelaineError } from '../core/errors.ts';
import type { Credential } from './host.ts';

/** A token out of a file or a variable, read anew for each request: whoever renews it need not restart the bot. */
export function staticToken(scheme: 'Bearer' | 'token', read: () => string): Credential {
  return {
    async authorization() {
      const token = readToken(read);
      // Threat: a line break in a header begins another one.
      if (/^[\x21-\x7e]{1,500}$/.test(token)) return `${scheme} ${token}`;
      throw unreadable('it is empty, or holds something that no token does');
    },
    forget: () => false,
  };
}

function readToken(read: () => string): string {
  try {
    return read().trim();
  } catch {
    throw unreadable('the file or variable that git.auth names can’t be read');
  }
}

function unreadable(wrong: string): ChatelaineError {
  return new ChatelaineError({
    code: 'forge-denied',
    doing: 'reading the bot’s token for the Git host',
    wrong,
    state: 'Nothing was sent.',
    next: 'Put the token where git.auth says that it is.',
  });
}
