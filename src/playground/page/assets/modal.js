import { drawBlocks } from './blocks.js';
import { byId, h } from './dom.js';
import { drawField, valueOf } from './fields.js';
import { perform } from './server.js';
import { state } from './state.js';

const dialog = byId('modal');
/** The view that is drawn, and what was put in: by block id, kept while the block stays. */
let view;
let values = {};
let busy = false;

export function startModal() {
  dialog.addEventListener('cancel', (event) => {
    event.preventDefault();
    close();
  });
}

/**
 * Draws the view on top of the person's stack, or none. What did not change stays as it is in the document:
 * a cursor, a selection, an open list of choices.
 */
export function showModal(next) {
  if (next === null) {
    view = undefined;
    values = {};
    if (dialog.open) dialog.close();
    dialog.replaceChildren();
    return;
  }
  const before = view?.id === next.id ? view : undefined;
  if (before === undefined) values = {};
  view = next;
  const frame = before === undefined ? undefined : dialog.querySelector('.fields-list');
  if (frame) updateBlocks(frame, before);
  else dialog.replaceChildren(...drawFrame(next));
  dialog.querySelector('#modal-title').textContent = next.definition.title?.text ?? '';
  drawTrouble(next.errors['']);
  drawFooter(next.definition);
  if (!dialog.open) dialog.showModal();
  if (before === undefined)
    focusQuietly(dialog.querySelector('[data-autofocus]') ?? dialog.querySelector('[data-action]'));
}

function drawFrame({ definition }) {
  return [
    h(
      'header',
      {},
      h('img', { src: 'key.svg', alt: '', width: 24, height: 24 }),
      h('h2', { id: 'modal-title' }),
      h('button', { type: 'button', class: 'close', 'aria-label': 'Close', onclick: close }, '×'),
    ),
    h(
      'form',
      { novalidate: true, onsubmit: submit },
      h('p', { class: 'trouble', role: 'alert', hidden: true }),
      h('div', { class: 'fields-list' }, ...definition.blocks.map(drawBlock)),
      h('footer'),
    ),
  ];
}

function drawTrouble(problem) {
  const trouble = dialog.querySelector('.trouble');
  trouble.textContent = problem ?? '';
  trouble.hidden = !problem;
}

function drawFooter({ close: closing, submit: submitting }) {
  const footer = dialog.querySelector('footer');
  const labels = `${closing?.text ?? 'Cancel'}\n${submitting?.text ?? ''}`;
  if (footer.dataset.labels === labels) return;
  footer.dataset.labels = labels;
  footer.replaceChildren(
    h('button', { type: 'button', class: 'slack-button', onclick: close }, closing?.text ?? 'Cancel'),
    ...(submitting ? [h('button', { type: 'submit', class: 'slack-button primary' }, submitting.text)] : []),
  );
}

/** Puts the new blocks in order around those that stay; a node that is in its place is not moved. */
function updateBlocks(frame, before) {
  const focused = document.activeElement?.dataset?.action;
  const wasOpen = frame.querySelector('.options:not([hidden])') !== null;
  const known = new Map([...frame.children].map((node) => [node.dataset.block, node]));
  const nodes = view.definition.blocks.map((block) => {
    const same = before.definition.blocks.find((each) => each.block_id === block.block_id);
    const node = known.get(block.block_id);
    if (!node || !same || JSON.stringify(same) !== JSON.stringify(block)) return drawBlock(block);
    showError(node, view.errors[block.block_id]);
    return node;
  });
  for (const node of [...frame.children]) if (!nodes.includes(node)) node.remove();
  // What was put into a block that is gone is gone with it.
  const present = new Set(view.definition.blocks.map((block) => block.block_id));
  for (const id of Object.keys(values)) if (!present.has(id)) delete values[id];
  for (const [index, node] of nodes.entries()) {
    if (frame.children[index] !== node) frame.insertBefore(node, frame.children[index] ?? null);
  }
  const newErrors = JSON.stringify(view.errors) !== JSON.stringify(before.errors);
  const wrong = newErrors && frame.querySelector('.wrong [data-action]');
  const lost = focused !== undefined && document.activeElement?.dataset?.action !== focused;
  if (wrong) focusQuietly(wrong);
  else if (lost) {
    const again = frame.querySelector(`[data-action="${CSS.escape(focused)}"]`);
    // Somebody was choosing while the app changed the field: the list opens again, with what can be chosen now.
    if (wasOpen) again?.focus();
    else focusQuietly(again);
  }
}

/** Focuses a field without opening its list of choices. */
function focusQuietly(field) {
  if (!field) return;
  field.dataset.quiet = '';
  field.focus({ preventScroll: true });
  delete field.dataset.quiet;
}

function drawBlock(block) {
  if (block.type !== 'input') {
    const [drawn] = drawBlocks([block], (element, _block, value) => press(element, block, value), {
      viewId: view.id,
    });
    drawn.dataset.block = block.block_id;
    return drawn;
  }
  const { element } = block;
  const held = view.values[block.block_id]?.[element.action_id];
  if (!(block.block_id in values)) values[block.block_id] = valueOf(held);
  const changed = (value) => {
    values[block.block_id] = value;
    if (block.dispatch_action) press(element, block, value).catch(() => undefined);
  };
  const label = `${block.label.text}${block.optional ? ' (optional)' : ''}`;
  const node = h(
    'div',
    { class: 'input-block', 'data-block': block.block_id },
    h(
      'div',
      { class: 'label' },
      block.label.text,
      block.optional && h('span', { class: 'hint' }, ' (optional)'),
    ),
    drawField(element, { block, place: { viewId: view.id }, state: held, label, changed }),
    block.hint && h('p', { class: 'hint' }, block.hint.text),
    h('p', { class: 'error', role: 'alert', hidden: true }),
  );
  showError(node, view.errors[block.block_id]);
  return node;
}

function showError(node, problem) {
  const error = node.querySelector(':scope > .error');
  if (error === null) return;
  error.textContent = problem ?? '';
  error.hidden = !problem;
  node.classList.toggle('wrong', Boolean(problem));
}

async function press(element, block, value) {
  const filled = Object.fromEntries(Object.entries(values).filter(([id]) => id !== block.block_id));
  const seen = await perform('press', {
    user: state.user,
    viewId: view.id,
    actionId: element.action_id,
    blockId: block.block_id,
    value,
    values: filled,
  });
  if (seen.kind !== 'acknowledged') throw new Error(seen.kind);
}

async function submit(event) {
  event.preventDefault();
  if (busy || view === undefined) return;
  busy = true;
  dialog.classList.add('busy');
  try {
    await perform('submit', { user: state.user, viewId: view.id, values });
  } catch (error) {
    showModal({ ...view, errors: { '': error.message } });
  } finally {
    busy = false;
    dialog.classList.remove('busy');
  }
}

function close() {
  if (view === undefined) return;
  perform('close', { user: state.user, viewId: view.id }).catch(() => showModal(null));
}
