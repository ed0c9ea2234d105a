import { byId, h } from './dom.js';
import { perform } from './server.js';

/** Draws what is behind the scenes: panels with rows, and switches for faults. Only what changed is drawn anew. */
export function drawBehind({ panels, switches }) {
  patch(byId('panels'), panels, ({ id, title }) => ({ id, title }), drawPanel);
  for (const panel of panels) {
    const list = byId(`panel-${panel.id}`);
    patch(
      list,
      panel.rows,
      (row) => row,
      (row) => drawRow(panel, row),
    );
  }
  const groups = [...new Set(switches.map((each) => each.group))].map((group) => ({
    id: group,
    switches: switches.filter((each) => each.group === group),
  }));
  const section = byId('switches');
  if (section.childElementCount === 0 && switches.length > 0) {
    section.append(h('h3', { class: 'faults' }, 'Break something'), h('div', { class: 'groups' }));
  }
  const container = section.querySelector('.groups');
  if (container) patch(container, groups, (group) => group, drawGroup);
}

/**
 * Replaces the children whose data changed, by their id, and leaves the others (and the focus in them) alone.
 * A row that takes the place of another lights up for a moment, and is scrolled to within its panel.
 */
function patch(container, items, dataOf, draw) {
  const known = new Map([...container.children].map((node) => [node.dataset.key, node]));
  const nodes = items.map((item) => {
    const text = JSON.stringify(dataOf(item));
    const old = known.get(item.id);
    if (old?.dataset.text === text) return old;
    const focused = old?.contains(document.activeElement) ? document.activeElement.dataset.focus : undefined;
    const node = draw(item);
    node.dataset.key = item.id;
    node.dataset.text = text;
    if (old) node.classList.add('changed');
    if (focused !== undefined)
      queueMicrotask(() => node.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus());
    return node;
  });
  for (const node of [...container.children]) if (!nodes.includes(node)) node.remove();
  for (const [index, node] of nodes.entries()) {
    if (container.children[index] !== node) container.insertBefore(node, container.children[index] ?? null);
  }
  const changed = nodes.find(
    (node) => node.classList.contains('changed') && known.get(node.dataset.key) !== node,
  );
  if (changed?.tagName === 'LI') scrollWithin(container, changed);
}

/** Only the panel's own list scrolls: the rest of the page stays where it is. */
function scrollWithin(list, row) {
  const above = row.offsetTop - list.offsetTop;
  if (above < list.scrollTop || above + row.offsetHeight > list.scrollTop + list.clientHeight) {
    list.scrollTop = above - list.clientHeight / 2;
  }
}

function drawPanel(panel) {
  return h(
    'section',
    { class: 'panel', 'aria-label': panel.title },
    h('h3', {}, panel.title),
    h('ul', { id: `panel-${panel.id}`, tabindex: '0', 'aria-label': panel.title }),
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
