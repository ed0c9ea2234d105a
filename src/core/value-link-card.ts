import type { Card } from './card.ts';
import type { ValueLink, ValueSubject } from './ports/value-requests.ts';

/** What the person who brings a value is told, and nobody else. */
export function valueLinkCard(subject: ValueSubject, { url, expires, check }: ValueLink): Card {
  return {
    state: 'info',
    title: `Waiting for ${subject.what}`,
    fields: [{ label: 'Written to', value: subject.where }, ...subject.fields],
    lines: [
      ['Give it on the one-time page, which is for you alone and works once, until ', { time: expires }, '.'],
      [
        'The page shows the code ',
        { code: check },
        '. If it shows another one or none, it isn’t ours: close it.',
      ],
      ...subject.warnings,
      'Nothing changed yet. Never paste the value here.',
    ],
    links: [{ label: 'Open the one-time page', url }],
  };
}
