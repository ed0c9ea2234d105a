/**
 * A text that a person typed, as one line of Markdown that says just that. Threats: an image or link that leads away or
 * loads something, HTML and its comments that hide what follows, a heading or table that makes the rest look like ours, and
 * line breaks that begin any of these; and what `defuse` is about.
 */
export function escapeMarkdown(text: string, most = 300): string {
  return defuse(text, most)
    .replace(/[&<>]/g, (mark) => entities[mark] ?? mark)
    .replace(/[\\`*_{}[\]()#+\-.!|~^$:=]/g, String.raw`\$&`);
}

/**
 * One line that a Git host acts on nowhere: a mention calls people, `Closes #1` and its like close things at the merge,
 * `[skip ci]` keeps checks from running. A space without width does nothing to read and takes their meaning.
 */
export function defuse(text: string, most = 300): string {
  return cut(foldLines(text), most)
    .replace(/[@#[]/g, '$&\u200b')
    .replace(/\b(GH)-(?=\d)/gi, '$1-\u200b')
    .replace(/:\/\//g, ':\u200b//')
    .replace(/\bwww\./gi, (start) => `${start.slice(0, 3)}\u200b.`);
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** A name that was validated, as code: nothing in it is read as Markdown, and no name has a mark that ends the code. */
export function inCode(name: string): string {
  return `\`${foldLines(name).replaceAll('`', "'")}\``;
}

/** Line breaks, other controls and what can't be seen become a space. */
export function foldLines(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
}

function cut(text: string, most: number): string {
  const characters = Array.from(text);
  return characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : text;
}
