import type { Inline, Text } from '../core/card.ts';

/** A command with all its flags; longer ones are cut. */
const mostCode = 300;

/** What stands at the end of a text that was cut. */
export const cutMark = '…';

/**
 * Text as Slack's mrkdwn, at most `most` characters long, cut with a visible mark.
 *
 * Threat: a reason or a name that a person chose is shown to others. It must not notify a channel (`<!channel>`),
 * hide behind a link, forge a line of the card (`\n✓ …`), reverse what follows it, or change how the rest looks.
 */
export function renderText(text: Text, most: number): string {
  const parts = typeof text === 'string' ? [text] : text;
  return joinUpTo(parts.flatMap(renderInline), most);
}

/** The same for Slack's plain text objects, in which no markup is read. */
export function renderPlain(text: string, most: number): string {
  return joinUpTo(Array.from(fold(text).trim()), most);
}

/** Joins pieces, none of which may be cut in two, up to a length. */
export function joinUpTo(pieces: readonly string[], most: number): string {
  let joined = '';
  let whole = 0;
  for (const piece of pieces) {
    joined += piece;
    if (joined.length > most) return joined.slice(0, whole).trimEnd() + cutMark;
    if (joined.length <= most - cutMark.length) whole = joined.length;
  }
  return joined;
}

function renderInline(part: Inline): readonly string[] {
  if (typeof part === 'string') return renderString(part);
  if ('person' in part) return renderPerson(part.person);
  if ('time' in part) return [renderTime(part.time)];
  return [renderCode(part.code)];
}

/** In one piece, so that no cut leaves it open. */
function renderCode(code: string): string {
  const inside = joinUpTo(Array.from(fold(code).trim().replaceAll('`', look('`'))).map(escape), mostCode);
  return inside === '' ? '' : `\`${inside}\``;
}

function renderPerson({
  id,
  name,
  surface,
}: {
  id: string;
  name: string;
  surface: string;
}): readonly string[] {
  return surface === 'slack' && /^[UW][A-Z0-9]{2,30}$/.test(id) ? [`<@${id}>`] : renderString(name);
}

/** Slack shows it in the reader's own time zone. */
function renderTime(time: string): string {
  const at = Date.parse(time);
  if (!Number.isFinite(at)) return renderString(time).join('');
  const iso = new Date(at).toISOString();
  return `<!date^${Math.floor(at / 1000)}^{date_short_pretty} {time}|${iso}>`;
}

function renderString(text: string): readonly string[] {
  return Array.from(neutralise(fold(text))).map(escape);
}

const lookAlikes: Readonly<Record<string, string>> = { '*': '∗', _: 'ˍ', '~': '∼', '`': 'ˋ', ':': '꞉' };

/**
 * Characters that would format are shown by one that looks the same, and only where Slack would read them as
 * formatting: at the edge of a word. `snake_case` stays as it can be copied.
 */
function neutralise(text: string): string {
  return text
    .replace(/(?<![\p{L}\p{N}*_~])[*_~]+|[*_~]+(?![\p{L}\p{N}*_~])/gu, (run) =>
      Array.from(run, look).join(''),
    )
    .replaceAll('`', look('`'))
    .replace(/:(?=[\w+'-]+:)/g, look(':'))
    .replace(/^\s*>/, '›');
}

function look(character: string): string {
  return lookAlikes[character] ?? character;
}

/** One line, without characters that steer how others are shown. */
export function fold(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** The three characters by which Slack's control sequences are written. */
export function escape(text: string): string {
  return text.replace(/[&<>]/g, (character) => escapes[character] ?? '');
}
