const shape = /^[A-Z][A-Za-z-]{1,40}$/;

/**
 * A commit's message with its trailers (`Requested-by: …`), as `git interpret-trailers` reads them. Line breaks in what is
 * given become spaces: nobody's reason forges a trailer. A trailer without text is left out.
 */
export function withTrailers(
  { subject, body }: { readonly subject: string; readonly body?: string },
  trailers: Readonly<Record<string, string>>,
): string {
  const lines = Object.entries(trailers)
    .filter(([name, text]) => shape.test(name) && fold(text) !== '')
    .map(([name, text]) => `${name}: ${fold(text)}`);
  const paragraphs = [
    fold(subject),
    ...paragraphsOf(body),
    ...(lines.length === 0 ? [] : [lines.join('\n')]),
  ];
  return `${paragraphs.join('\n\n')}\n`;
}

/** Each ends with a full stop or the like as it was written; one that would read as trailers is given a quote mark. */
function paragraphsOf(body: string | undefined): readonly string[] {
  return (body ?? '')
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.trim().replace(/^(?=[A-Za-z-]+\s*:)/gm, '> '))
    .filter((paragraph) => paragraph !== '');
}

function fold(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\s]+/g, ' ').trim();
}
