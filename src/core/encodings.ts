/** As much of a value as is looked for: enough to be no accident, and short enough to be found where it was cut. */
const enough = 16;

/**
 * What a value looks like in every encoding that is used anywhere near: text, JSON, URL, HTML, hex, and base64 at any
 * place of a longer text. Longer values by their first sixteen characters. For looking only: each form is the value.
 */
export function encodingsOf(value: string): readonly string[] {
  const text = value.slice(0, enough);
  const bytes = Buffer.from(text, 'utf8');
  const json = JSON.stringify(text).slice(1, -1);
  const hex = bytes.toString('hex');
  const base64 = [0, 1, 2].map((shift) => base64At(bytes, shift));
  return [
    text,
    json,
    JSON.stringify(json).slice(1, -1),
    hex,
    hex.toUpperCase(),
    encodeURIComponent(text),
    new URLSearchParams({ v: text }).toString().slice(2),
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
    text.replaceAll("'", "''"),
    ...base64,
    ...base64.map((each) => each.replaceAll('+', '-').replaceAll('/', '_')),
  ];
}

/** The characters of base64 that depend on these bytes alone, where they begin so many bytes after a multiple of three. */
function base64At(bytes: Buffer, shift: number): string {
  const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
  return encoded.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6));
}
