/**
 * What another program wrote, made safe for one line of a card: control and invisible characters and
 * line breaks become one space, and what is longer than `most` characters is cut with a visible mark.
 * Threat: a message that forges lines, or hides what follows it.
 */
export function oneLine(text: string, most = 300): string {
  const line = text
    .replace(/[^\x20-\x7e\u00a1-\u00ac\u00ae-\u017f]+/gu, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}

/** Text for a header: ASCII without spaces, cut. Threat: a name with a line break that adds a header. */
export function headerWord(text: string): string {
  return text.replace(/[^\w.:@-]+/g, '_').slice(0, 64);
}
