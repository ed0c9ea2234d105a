import type { Field, Step, Text } from '../core/card.ts';
import { stepMark } from '../core/card.ts';
import { cutMark, renderPlain, renderText } from './render-text.ts';

/** No single line may push all others out of its block. */
const mostLine = 700;

/** `*Read by*  media/jellyfin`, one field a line. */
export function renderFields(fields: readonly Field[], most: number): string {
  const lines = fields.map(({ label, value }) => {
    const name = renderText(label, 80);
    const text = renderText(value, mostLine);
    return name === '' ? text : `*${name}*  ${text}`;
  });
  return linesUpTo(lines, most);
}

/**
 * One step a line, with how long it took: `✓ Vault wrote v8, was v7   _12 ms_`. Where there are too many, those that
 * are done give way first: what is open or failed is what a person looks for.
 */
export function renderSteps(steps: readonly Step[], most: number): string {
  const lines = steps.map((step) => ({ done: step.state === 'done', line: renderStep(step) }));
  const lengths = lines.map(({ line }) => line.length + 1);
  let length = lengths.reduce((total, each) => total + each, 0);
  if (length <= most) return lines.map(({ line }) => line).join('\n');
  const kept: string[] = [];
  let folded = 0;
  for (const { done, line } of lines) {
    if (done && length > most - mostLine) {
      folded += 1;
      length -= line.length + 1;
    } else {
      kept.push(line);
    }
  }
  const first = folded === 0 ? [] : [`${stepMark('done')} ${cutMark} ${folded} more done`];
  return linesUpTo([...first, ...kept], most);
}

function renderStep({ text, state, tookMs }: Step): string {
  const took = tookMs === undefined ? '' : `   _${formatDuration(tookMs)}_`;
  return `${stepMark(state)} ${renderText(text, mostLine)}${took}`;
}

/** Lines of text; where none has parts of its own they need no markup, and show exactly what they say. */
export function renderTexts(
  texts: readonly Text[],
  most: number,
): { readonly literal: boolean; readonly text: string } {
  if (texts.every((text) => typeof text === 'string')) {
    return {
      literal: true,
      text: linesUpTo(
        texts.map((text) => renderPlain(text, mostLine)),
        most,
      ),
    };
  }
  return {
    literal: false,
    text: linesUpTo(
      texts.map((text) => renderText(text, mostLine)),
      most,
    ),
  };
}

/** Lines that fit, and how many did not: "… 12 more". Empty ones are left out. */
export function linesUpTo(all: readonly string[], most: number): string {
  const lines = all.filter((line) => line !== '');
  const whole = lines.join('\n');
  if (whole.length <= most) return whole;
  const room = most - `\n${cutMark} ${lines.length} more`.length;
  let text = '';
  for (const [index, line] of lines.entries()) {
    const next = index === 0 ? line : `${text}\n${line}`;
    if (next.length > room) return `${text}\n${cutMark} ${lines.length - index} more`.trimStart();
    text = next;
  }
  return text;
}

/** `12 ms`, `1.9 s`, `42 s`, `3 min 5 s`. */
export function formatDuration(milliseconds: number): string {
  const ms = Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : 0;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9_950) return `${(ms / 1000).toFixed(1).replace('.0', '')} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
