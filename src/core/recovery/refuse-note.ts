import { looksLikeShare } from '../refuse-share.ts';

/** What tokens and keys of the programs around begin with. */
const known =
  /\b(?:hv[sbr]\.|s\.[A-Za-z0-9]{16}|gh[pousr]_|github_pat_|glpat-|xox[a-z]-|xapp-|AKIA)|AGE-SECRET-KEY|-----BEGIN|\beyJ[\w-]{8,}/i;
const longWord = /[A-Za-z0-9+/_=.-]{16,}/g;
/** Names of snapshots, and what links and paths are made of. */
const harmless = /\bvault-\d{8}T\d{6}Z[\w.-]*|\bhttps:\/\/[a-z0-9.-]+(?:\/[a-z0-9_-]{1,30})*/g;

/**
 * Why a note can't be kept; undefined where it can. Notes are shown to everybody who may read: the threat is a person who
 * puts the very thing there that they attest to have.
 */
export function noteProblem(note: string): string | undefined {
  if (/[^\P{C}]/u.test(note)) return 'it has line breaks or characters that can’t be seen';
  if (note.length > 200) return 'it is longer than 200 characters';
  const rest = note.replace(harmless, ' ');
  if (looksLikeShare(rest) || known.test(rest) || (rest.match(longWord) ?? []).some(isMixed))
    return 'it holds something that looks like a secret';
  return undefined;
}

/** Letters and digits in turns, as no word of a language has them. */
function isMixed(word: string): boolean {
  const turns = word.match(/[A-Z]+|[a-z]+|\d+/g) ?? [];
  return /\d/.test(word) && /[A-Za-z]/.test(word) && turns.length >= 5;
}
