import { shownState } from './slack/element-state.ts';
import { elementsOf } from './slack/keep-modals.ts';
import { type Block, type Entry, isFields, listOf, type OpenView, stringOf } from './slack/shapes.ts';

/** Looks up what a mention stands for. */
export interface Names {
  person(id: string): string;
  channel(id: string): string;
}

const indent = '  ';

/** A message as readable lines: its title first, the rest below it and indented. */
export function showEntry(entry: Entry, names: Names): string {
  const lines =
    entry.blocks.length === 0 ? showMrkdwn(entry.text, names).split('\n') : showBlocks(entry.blocks, names);
  const [title = '', ...rest] = lines;
  return [title, ...rest.map((line) => (line === '' ? '' : indent + line))].join('\n');
}

/** A form as lines: its fields and what is in them. */
export function showModal(view: OpenView, names: Names): string {
  const title = view.definition.title?.text ?? 'a form';
  const lines = view.definition.blocks.flatMap((block) => showFormBlock(block, view, names));
  return [`[${title}]`, ...lines.map((line) => indent + line)].join('\n');
}

function showFormBlock(block: Block, view: OpenView, names: Names): readonly string[] {
  if (block.type !== 'input') return showBlocks([block], names);
  const label = isFields(block['label']) ? stringOf(block['label']['text']) : '';
  const states = elementsOf(block).map((element) => {
    const state = view.values[block.block_id ?? '']?.[stringOf(element['action_id'])];
    return shownState(state);
  });
  const error = view.errors[block.block_id ?? ''];
  return [
    `${label}${block['optional'] === true ? ' (optional)' : ''}: ${states.join(', ')}`,
    ...(error === undefined ? [] : [`${indent}✗ ${error}`]),
  ];
}

function showBlocks(blocks: readonly Block[], names: Names): readonly string[] {
  return blocks.flatMap((block) => showBlock(block, names));
}

function showBlock(block: Block, names: Names): readonly string[] {
  switch (block.type) {
    case 'divider':
      return ['────'];
    case 'actions':
      return [
        elementsOf(block)
          .map((element) => `[${showText(element['text'], names)}]`)
          .join('  '),
      ];
    case 'context':
      return [
        listOf(block['elements'])
          .map((element) => showText(element, names))
          .join('  '),
      ];
    case 'markdown':
      return stringOf(block['text']).split('\n');
    case 'section':
      return showSection(block, names);
    default:
      return showText(block['text'], names).split('\n');
  }
}

function showSection(block: Block, names: Names): readonly string[] {
  const text = block['text'] === undefined ? [] : showText(block['text'], names).split('\n');
  const fields = listOf(block['fields']).map((field) => showText(field, names).replaceAll('\n', '  '));
  const { accessory } = block;
  const button =
    isFields(accessory) && accessory['type'] === 'button' ? [`[${showText(accessory['text'], names)}]`] : [];
  return [...text, ...fields, ...button];
}

function showText(text: unknown, names: Names): string {
  if (!isFields(text)) return '';
  const content = stringOf(text['text']);
  return text['type'] === 'mrkdwn' ? showMrkdwn(content, names) : content;
}

/** Slack's markup as plain text: mentions by name, dates by their fallback, links with their address. */
export function showMrkdwn(text: string, names: Names): string {
  return text
    .replace(/```\n?/g, '')
    .replace(/<([^<>]+)>/g, (_, inside: string) => showSpecial(inside, names))
    .replace(/(^|[\s(])\*([^*\n]+)\*/g, '$1$2')
    .replace(/(^|[\s(])_([^_\n]+)_(?=$|[\s).,:])/gm, '$1$2')
    .replace(/`([^`\n]+)`/g, '$1')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .trimEnd();
}

function showSpecial(inside: string, names: Names): string {
  const [target = '', label] = inside.split('|');
  if (target.startsWith('@')) return `@${names.person(target.slice(1))}`;
  if (target.startsWith('#')) return `#${label ?? names.channel(target.slice(1))}`;
  if (target.startsWith('!')) return label ?? showCommand(target.slice(1));
  return label === undefined || label === target ? target : `${label} (${target})`;
}

function showCommand(command: string): string {
  const [kind, seconds] = command.split('^');
  return kind === 'date' ? new Date(Number(seconds) * 1000).toISOString() : `@${command}`;
}
