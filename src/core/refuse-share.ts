import type { Card } from './card.ts';
import type { Given } from './dispatcher.ts';

/*
 * The bot takes no unseal share, ever. The threat is a person at 3 a.m. who pastes one where the keyboard is: whatever
 * looks like a share is refused before anything is read of it, so that it reaches no message, no log and no form.
 *
 * A share of a key of 32 bytes is 33 bytes, which Vault and OpenBao print as 44 characters of base64 or 66 of hex; a
 * key that was not split is 32. Names are told from shares by what random bytes look like: capitals, small letters and
 * digits change places every other character. Of a million random shares it misses about one.
 */

/** Base64 of 32 bytes without its `=`. */
const shortest = 43;
const fewestHexDigits = 64;

/** Whether a text holds something that looks like an unseal share: base64, base64url or hex, in one piece or in groups. */
export function looksLikeShare(text: string): boolean {
  const plain = withoutDisguise(text);
  return [plain, ...joinedGroups(plain)].some((each) => holdsHex(each) || holdsBase64(each));
}

/**
 * What a person is told where a text holds what never belongs there: an unseal share, or the private half of an age key.
 * Undefined where it holds neither. Nothing of the text is in the card.
 */
export function refusalFor(text: string): Card | undefined {
  if (holdsAgeIdentity(text)) return ageKeyRefusal();
  return looksLikeShare(text) ? shareRefusal() : undefined;
}

/** The same for all that a form or a command line gave. */
export function refusalOf(given: Given): Card | undefined {
  for (const value of Object.values(given)) {
    const refusal = refusalFor([value].flat().join(' '));
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** 33 bytes in base64 or in hex, as `operator init` prints a share, with or without the words before it. */
const share = /^(?:(?:unseal|recovery) key \d+:)?([A-Za-z0-9+/_-]{44}|[\da-f]{66})$/i;

/**
 * Whether a value is nothing but unseal shares. For values, where other random text is what is asked for: of that,
 * only what has exactly the form of a share is one. A key that was not split is not told from a password in base64.
 */
export function isShare(value: string): boolean {
  const lines = value.split('\n').map((line) => line.trim());
  const given = lines.filter((line) => line !== '');
  return given.length > 0 && given.every((line) => isOneShare(line.replace(/(key \d+:)\s+/i, '$1')));
}

function isOneShare(line: string): boolean {
  const bytes = share.exec(line)?.[1];
  if (bytes === undefined) return false;
  return bytes.length === 66 ? holdsHex(bytes) : hasRandomPart(bytes);
}

/** What an identity begins with, and the first characters of its bytes in bech32. */
const ageIdentity = /AGESECRETKEY(?:PQ)?1[02-9ac-hj-np-z]{10}/i;

/** Whether a text holds the private half of an age key. Wherever it is, somebody can decrypt with it what is in Git. */
export function holdsAgeIdentity(text: string): boolean {
  return ageIdentity.test(text.replace(/[\s\p{Cf}\p{Pd}]/gu, ''));
}

/** What a person is told of the private half of an age key. Nothing of the text is in it. */
export function ageKeyRefusal(): Card {
  return {
    state: 'failure',
    title: 'That looks like the private key of an age recipient: nothing of it was read, kept or logged here',
    lines: [
      'Treat it as exposed: it has been where it was typed, and stays there until it is deleted. Delete it. Whoever has it decrypts every file that was ever encrypted to its recipient, in the history of Git too.',
      [
        'Make a new one (',
        { code: 'age-keygen' },
        ', or ',
        { code: '/secret new NAME --kind age' },
        '), encrypt the files to it with ',
        { code: 'sops updatekeys' },
        ', then change the secrets that are in them.',
      ],
      'No private key is ever needed here: files are encrypted to recipients, which are public.',
    ],
  };
}

/** What a person is told of a share. Nothing of the text is in it. */
export function shareRefusal(): Card {
  return {
    state: 'failure',
    title: 'That looks like an unseal share: nothing of it was read, kept or logged here',
    lines: [
      'Treat it as exposed: it has been where it was typed, and stays there until it is deleted. Delete it, and tell the other holders.',
      ['Have new shares made with ', { code: 'bao operator rekey' }, ', with enough of the other shares.'],
      [
        'Shares are typed into the prompt of the command that ',
        { code: '/vault unseal' },
        ' shows, and nowhere else.',
      ],
      'If it was none: 43 characters or more that look random are refused here, whatever they are.',
    ],
  };
}

/** What a clipboard, a phone or a URL made of it is undone; links to documents are left out, whose ids look the same. */
function withoutDisguise(text: string): string {
  return text
    .replace(/\p{Cf}/gu, '')
    .replace(/[‐-―−]/g, '-')
    .replace(/%(2b|2f|3d)/gi, (code) => decodeURIComponent(code))
    .replace(/\bhttps:\/\/(?:[a-z0-9-]+\.)+[a-z]{2,}(?:\/[^\s?#"']*)?/gi, ' ')
    .replace(/[="'`“”‘’«»,;()<>]/g, ' ');
}

/** Words of one length in a row, put together: a share that was written in groups. Names of commits come in 7 or 40, ids of others in 36. */
function joinedGroups(text: string): readonly string[] {
  const words = text.split(/\s+/);
  return words.flatMap((word, from) => {
    const { length } = word;
    if (!isGroup(length) || words[from - 1]?.length === length) return [];
    const other = words.findIndex((each, at) => at > from && each.length !== length);
    const end = other < 0 ? words.length : other;
    // What is left at its end is a shorter group.
    const last = (words[end]?.length ?? length) < length ? end + 1 : end;
    return last - from > 1 ? [words.slice(from, last).join('')] : [];
  });
}

function isGroup(length: number): boolean {
  return length >= 2 && length <= 33 && length !== 7;
}

/** An image's digest says of itself that it is one. */
function holdsHex(text: string): boolean {
  const found = text.matchAll(/(sha\d{3}:)?([\da-f]+(?:[-:][\da-f]+)*)/gi);
  return [...found].some(([, digest, run = '']) => {
    const digits = run.replace(/[-:]/g, '').toLowerCase();
    return digest === undefined && digits.length >= fewestHexDigits && new Set(digits).size > 7;
  });
}

function holdsBase64(text: string): boolean {
  return [...text.matchAll(/[A-Za-z0-9+/_-]{43,}/g)].some(([run]) => hasRandomPart(run));
}

/** Wherever it begins: a flag or a folder may be glued to it. */
function hasRandomPart(run: string): boolean {
  for (let at = 0; at + shortest <= run.length; at += 1) {
    if (isRandom(run.slice(at, at + shortest))) return true;
  }
  return false;
}

function isRandom(part: string): boolean {
  const all = (form: RegExp): readonly string[] => part.match(form) ?? [];
  if (all(/[A-Z]/g).length < 3 || all(/[a-z]/g).length < 3) return false;
  // `ApiKeyForTheDatabase` has few pieces for its length, and nearly all of it is in words.
  const pieces = all(/[A-Z]?[a-z]+|[A-Z]+|\d+/g).length;
  const inWords = all(/[A-Z]?[a-z]{2,}/g).join('').length / part.length;
  return pieces > 12 || (pieces > 9 && inWords < 0.9);
}
