const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>' };

/**
 * What a person typed, out of what Slack made of it: mentions, channels and autolinks become the words that were
 * typed, and the three entities become their characters again. One pass, so that a typed `&lt;@U1&gt;` stays text.
 * A person becomes `@U024BE7LH`: the id, because names are not unique. Never throws.
 */
export function readSlackText(text: string): string {
  return text.replace(/<([^<>]*)>|&(amp|lt|gt);/g, (_, inside: string | undefined, entity: string) =>
    inside === undefined ? (entities[entity] ?? '') : unwrap(inside),
  );
}

function unwrap(inside: string): string {
  const bar = inside.indexOf('|');
  const target = decode(bar < 0 ? inside : inside.slice(0, bar));
  const label = decode(bar < 0 ? '' : inside.slice(bar + 1));
  if (target.startsWith('@')) return target;
  if (target.startsWith('#')) return label === '' ? target : `#${label}`;
  if (target.startsWith('!')) return label === '' ? `@${target.slice(1)}` : label;
  return label === '' ? target : label;
}

function decode(text: string): string {
  return text.replace(/&(amp|lt|gt);/g, (_, entity: string) => entities[entity] ?? '');
}
