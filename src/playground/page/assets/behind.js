import { byId, h } from './dom.js';
import { perform } from './server.js';

/** Draws what is behind the scenes: panels with rows, and switches for faults. Only what changed is drawn anew. */
export function drawBehind({ panels, switches }) {
  patch(byId('panels'), panels, (panel) => panel.id, drawPanel);
  const groups = [...new Set(switches.map((each) => each.group))].map((group) => ({
    id: group,
    switches: switches.filter((each) => each.group === group),
  }));
  const section = byId('switches');
  if (section.childElementCount === 0 && switches.length > 0) {
    section.append(h('h3', { class: 'faults' }, 'Break something'), h('div', { class: 'groups' }));
  }
  const container = section.querySelector('.groups');
  if (container) patch(container, groups, (group) => group.id, drawGroup);
}

/** Replaces the children whose data changed, by key, and leaves the others (and the focus in them) alone. */
function patch(container, items, keyOf, draw) {
  const known = new Map([...container.children].map((node) => [node.dataset.key, node]));
  const nodes = items.map((item) => {
    const text = JSON.stringify(item);
    const old = known.get(keyOf(item));
    if (old?.dataset.text === text) return old;
    const focused = old?.contains(document.activeElement) ? document.activeElement.dataset.focus : undefined;
    const node = draw(item);
    node.dataset.key = keyOf(item);
    node.dataset.text = text;
    if (focused !== undefined)
      queueMicrotask(() => node.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus());
    return node;
  });
  const same =
    nodes.length === container.childElementCount &&
    nodes.every((node, index) => container.children[index] === node);
  if (!same) container.replaceChildren(...nodes);
}

function drawPanel(panel) {
  return h(
    'section',
    { class: 'panel', 'aria-label': panel.title },
    h('h3', {}, panel.title),
    h('ul', {}, ...panel.rows.map((row) => drawRow(panel, row))),
  );
}

function drawRow(panel, row) {
  return h(
    'li',
    {},
    h('div', { class: 'what' }, h('strong', {}, row.label), row.detail && h('small', {}, row.detail)),
    row.badge && h('span', { class: `badge ${row.badge.tone}` }, row.badge.text),
    ...row.actions.map((action) =>
      h(
        'button',
        {
          type: 'button',
          class: 'small',
          'data-focus': `${row.id}/${action.id}`,
          'aria-label': `${action.label} ${row.label}`,
          onclick: () =>
            perform('run', { panel: panel.id, row: row.id, action: action.id }).catch(showProblem),
        },
        action.label,
      ),
    ),
  );
}

function drawGroup(group) {
  return h(
    'fieldset',
    {},
    h('legend', {}, group.id),
    ...group.switches.map((each) =>
      h(
        'label',
        { class: 'switch', title: each.hint },
        h('input', {
          type: 'checkbox',
          role: 'switch',
          checked: each.on,
          'data-focus': each.id,
          onchange: (event) =>
            perform('switch', { id: each.id, on: event.target.checked }).catch(showProblem),
        }),
        h('span', { class: 'track', 'aria-hidden': 'true' }),
        h('span', {}, each.label, each.hint && h('small', {}, each.hint)),
      ),
    ),
  );
}

function showProblem(error) {
  byId('announcer').textContent = error.message;
}
