import type { ActionsBlock, Button, ContextBlock, HeaderBlock, KnownBlock, SectionBlock } from '@slack/types';
import type { Action, Card, Link, Text } from '../core/card.ts';
import { plainText, stateMark } from '../core/card.ts';
import { renderFields, renderSteps, renderTexts } from './render-lines.ts';
import { renderTable } from './render-table.ts';
import { cutMark, escape, renderPlain, renderText } from './render-text.ts';

/** What goes to Slack for a card: blocks for the eyes, and one line of text for screen readers and notifications. */
export interface SlackMessage {
  readonly text: string;
  readonly blocks: KnownBlock[];
}

/**
 * The most characters of all texts together. Slack documents no sum, and answers `msg_blocks_too_long` at about
 * 11,000; a single section may have 3,000, a header 150.
 */
const mostTotal = 10_500;
const most = {
  line: 600,
  header: 150,
  fields: 2_400,
  steps: 2_800,
  lines: 2_400,
  links: 800,
  section: 2_900,
};
const mostButtons = 10;
const mostCommand = 2_000;

/** The block id of a card's buttons, and what their action ids begin with. */
export const runActionPrefix = 'run:';

/** A card as Block Kit: every limit of Slack is kept by cutting with a visible mark. Never throws. */
export function renderCard(card: Card): SlackMessage {
  const text = statusLine(card);
  const before = [titleBlock(card), ...askedBy(card), ...fieldBlocks(card), ...stepBlocks(card)];
  const after = [...actionBlocks(card.actions ?? []), ...linkBlocks(card.links ?? []), ...requestBlock(card)];
  const room = mostTotal - text.length - lengthOf([...before, ...after]);
  // Of what is left a table takes all that its card's lines leave.
  const lines = lineBlocks(card, card.table === undefined ? room : most.lines);
  const table = card.table === undefined ? [] : tableBlocks(card, room - lengthOf(lines));
  return { text, blocks: [...before, ...lines, ...table, ...after] };
}

/** The whole state in one line: mark, title, and the first line, or the step that is under way. */
export function statusLine(card: Card): string {
  const title = withMark(card, renderText(card.title, most.line));
  const first = renderText(card.lines?.[0] ?? openStep(card), most.line);
  return first === '' ? title : `${title}${/[.?!:]$/.test(title) ? '' : '.'} ${first}`;
}

function openStep({ steps = [] }: Card): Text {
  const open =
    steps.find(({ state }) => state === 'failed') ?? steps.find(({ state }) => state === 'working');
  return open === undefined ? '' : open.text;
}

/** A card's least form, for the day when Slack refuses its blocks all the same. */
export function renderLeast(card: Card): SlackMessage {
  return { text: statusLine(card), blocks: [plainSection(renderPlain(plainCard(card), most.section))] };
}

function plainCard(card: Card): string {
  return [withMark(card, plainText(card.title)), ...(card.lines ?? []).map(plainText)].join(' · ');
}

function withMark(card: Card, title: string): string {
  return `${stateMark(card.state)} ${title}`.trim();
}

/** A header shows exactly what the title says; one with people or times in it, or a long one, is a bold line. */
function titleBlock(card: Card): HeaderBlock | SectionBlock {
  const title = typeof card.title === 'string' ? withMark(card, renderPlain(card.title, 3_000)) : '';
  if (title !== '' && title.length <= most.header) {
    return { type: 'header', text: { type: 'plain_text', text: title, emoji: false } };
  }
  return section(`*${withMark(card, renderText(card.title, most.line))}*`);
}

function askedBy({ askedBy }: Card): ContextBlock[] {
  return askedBy === undefined ? [] : [context(['asked by ', { person: askedBy }])];
}

function fieldBlocks({ fields = [] }: Card): SectionBlock[] {
  return sectionOf(renderFields(fields, most.fields));
}

function stepBlocks({ steps = [] }: Card): SectionBlock[] {
  return sectionOf(renderSteps(steps, most.steps));
}

/** Many lines go into several sections, none of which may be longer than Slack takes. */
function lineBlocks({ lines = [] }: Card, room: number): SectionBlock[] {
  const { literal, text } = renderTexts(lines, room);
  return splitLines(text, most.section).flatMap(literal ? plainSectionOf : sectionOf);
}

function splitLines(text: string, longest: number): readonly string[] {
  const parts: string[] = [];
  for (const line of text.split('\n')) {
    const last = parts.at(-1);
    if (last === undefined || last.length + line.length >= longest) parts.push(line);
    else parts[parts.length - 1] = `${last}\n${line}`;
  }
  return parts;
}

function tableBlocks({ table }: Card, room: number): SectionBlock[] {
  if (table === undefined) return [];
  return renderTable(table, { mostBlock: most.section, mostTotal: room }).map(section);
}

function actionBlocks(actions: readonly Action[]): KnownBlock[] {
  const able = actions.filter(({ command }) => command.trim() !== '' && command.length <= mostCommand);
  const shown = able.slice(0, mostButtons);
  const left = actions.length - shown.length;
  return [
    ...(shown.length === 0 ? [] : [{ type: 'actions', elements: shown.map(button) } satisfies ActionsBlock]),
    ...(left === 0 ? [] : [context(`${cutMark} ${left} more actions than fit`)]),
  ];
}

function button({ label, command, style }: Action, index: number): Button {
  const text = renderPlain(label, 75);
  return {
    type: 'button',
    action_id: `${runActionPrefix}${index}`,
    text: { type: 'plain_text', text: text === '' ? cutMark : text, emoji: false },
    value: command,
    ...(style === undefined ? {} : { style }),
  };
}

function linkBlocks(links: readonly Link[]): SectionBlock[] {
  const rendered = links.map(renderLink).filter((link) => link !== '');
  const shown: string[] = [];
  for (const link of rendered) {
    if ([...shown, link].join(' · ').length > most.links) break;
    shown.push(link);
  }
  const left = rendered.length - shown.length;
  return sectionOf([...shown, ...(left === 0 ? [] : [`${cutMark} ${left} more`])].join(' · '));
}

/** Threat: a link that is none (`javascript:`), or that ends its own markup and begins another. */
function renderLink({ label, url }: Link): string {
  const text = renderText(label, 100);
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !['http:', 'https:'].includes(parsed.protocol) || parsed.href.length > 500)
    return text;
  const href = escape(parsed.href.replaceAll('|', '%7C').replaceAll('>', '%3E').replaceAll('<', '%3C'));
  return `<${href}|${text === '' ? parsed.hostname : text}>`;
}

function requestBlock({ requestId }: Card): ContextBlock[] {
  return requestId === undefined ? [] : [context(`Request ${requestId}`)];
}

function sectionOf(text: string): SectionBlock[] {
  return text === '' ? [] : [section(text)];
}

/** `verbatim`: nothing in it becomes a link or a channel by itself. */
function section(text: string): SectionBlock {
  return { type: 'section', text: { type: 'mrkdwn', text, verbatim: true } };
}

function plainSectionOf(text: string): SectionBlock[] {
  return text === '' ? [] : [plainSection(text)];
}

function plainSection(text: string): SectionBlock {
  return { type: 'section', text: { type: 'plain_text', text, emoji: false } };
}

function context(text: Text): ContextBlock {
  return { type: 'context', elements: [{ type: 'mrkdwn', text: renderText(text, 150), verbatim: true }] };
}

/** The characters of all texts in some blocks. */
export function lengthOf(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((total, each) => total + lengthOf(each), 0);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce(
    (total, [key, each]) =>
      total + (key === 'text' && typeof each === 'string' ? each.length : lengthOf(each)),
    0,
  );
}
