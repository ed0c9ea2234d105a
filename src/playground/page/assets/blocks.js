import { confirmed } from './confirm.js';
import { h } from './dom.js';
import { mrkdwn, plain } from './mrkdwn.js';
import { selectOf } from './select.js';

/**
 * Draws Block Kit. `act(element, block, value)` is called for what a person does; it resolves when the app
 * has taken it, and rejects when it has not.
 */
export function drawBlocks(blocks, act, place) {
  return blocks.map((block) => drawBlock(block, act, place));
}

export function textOf(text) {
  if (text === undefined) return [];
  return text.type === 'mrkdwn' ? mrkdwn(text.text) : plain(text.text);
}

function drawBlock(block, act, place) {
  switch (block.type) {
    case 'header':
      return h('h3', { class: 'block header' }, ...textOf(block.text));
    case 'section':
      return drawSection(block, act, place);
    case 'context':
      return h('div', { class: 'block context' }, ...block.elements.map((each) => drawContext(each)));
    case 'divider':
      return h('hr', { class: 'block' });
    case 'actions':
      return h(
        'div',
        { class: 'block actions' },
        ...block.elements.map((each) => drawElement(each, block, act, place)),
      );
    case 'markdown':
      return h('div', { class: 'block section' }, ...plain(block.text));
    case 'table':
      return drawTable(block);
    default:
      return h('div', { class: 'block context' }, `(a block of the kind ${block.type})`);
  }
}

function drawSection(block, act, place) {
  return h(
    'div',
    { class: 'block section' },
    h(
      'div',
      { class: 'text' },
      block.text && h('div', {}, ...textOf(block.text)),
      block.fields &&
        h('div', { class: 'fields' }, ...block.fields.map((field) => h('div', {}, ...textOf(field)))),
    ),
    block.accessory && h('div', { class: 'accessory' }, drawElement(block.accessory, block, act, place)),
  );
}

function drawContext(element) {
  return element.type === 'image' ? h('span', {}, element.alt_text) : h('span', {}, ...textOf(element));
}

function drawTable(block) {
  const [head = [], ...rows] = block.rows;
  const cells = (row, tag) => row.map((cell) => h(tag, {}, cell.text ?? String(cell.value ?? '')));
  return h(
    'table',
    { class: 'block' },
    h('thead', {}, h('tr', {}, ...cells(head, 'th'))),
    h('tbody', {}, ...rows.map((row) => h('tr', {}, ...cells(row, 'td')))),
  );
}

function drawElement(element, block, act, place) {
  if (element.type === 'button') return drawButton(element, block, act);
  if (element.type === 'image') return h('span', {}, element.alt_text);
  if (element.type === 'overflow' || element.type.endsWith('_select')) {
    return selectOf(element, { block, place, changed: (value) => act(element, block, value) });
  }
  return h('span', {}, `(${element.type})`);
}

function drawButton(element, block, act) {
  const button = h(
    'button',
    {
      type: 'button',
      class: `slack-button ${element.style ?? ''}`,
      'aria-label': element.accessibility_label,
      'data-action': element.action_id,
    },
    element.text.text,
  );
  button.addEventListener('click', async () => {
    if (element.confirm && !(await confirmed(element.confirm))) return;
    if (element.url) window.open(element.url, '_blank', 'noopener');
    button.classList.add('busy');
    button.disabled = true;
    try {
      await act(element, block);
      button.classList.remove('failed');
    } catch {
      button.classList.add('failed');
      button.title = 'The app did not answer.';
    } finally {
      button.classList.remove('busy');
      button.disabled = false;
    }
  });
  return button;
}
