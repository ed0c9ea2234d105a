import { h } from './dom.js';
import { perform } from './server.js';
import { state } from './state.js';

let counter = 0;

/**
 * A select with search by typing: static, external (asks the app), of people or channels, one or many.
 * `changed(value)` is called with what is chosen: a value, a list of them, or null.
 * @param {{ block: object, place: object, chosen?: { value: string, label: string }[], label?: string, changed: (value: unknown) => unknown }} options
 */
export function selectOf(element, { block, place, chosen = initial(element), label, changed }) {
  const many = element.type.startsWith('multi_');
  const id = `select-${(counter += 1)}`;
  const picked = [...chosen];
  const list = h('div', { class: 'options', role: 'listbox', id: `${id}-list`, hidden: true });
  const input = h('input', {
    type: 'text',
    role: 'combobox',
    id,
    autocomplete: 'off',
    spellcheck: 'false',
    'aria-expanded': 'false',
    'aria-controls': `${id}-list`,
    'aria-autocomplete': 'list',
    'aria-label': label ?? element.placeholder?.text ?? 'Choose',
    'data-action': element.action_id,
    placeholder: element.placeholder?.text ?? (element.type === 'overflow' ? '…' : 'Choose an option'),
  });
  const tokens = h('span', { class: 'tokens' });
  const box = h('div', { class: `select ${many ? 'many' : 'one'}` }, tokens, input, list);
  let offered = [];
  let at = -1;
  let asked = 0;
  let timer;

  function tell() {
    showPicked();
    changed(many ? picked.map((each) => each.value) : (picked[0]?.value ?? null));
  }

  function showPicked() {
    if (!many) {
      input.value = picked[0]?.label ?? '';
      return;
    }
    tokens.replaceChildren(
      ...picked.map((each) =>
        h(
          'span',
          { class: 'token' },
          each.label,
          h(
            'button',
            {
              type: 'button',
              'aria-label': `Remove ${each.label}`,
              onclick: () => {
                picked.splice(picked.indexOf(each), 1);
                tell();
              },
            },
            '×',
          ),
        ),
      ),
    );
  }

  async function open(typed) {
    const mine = (asked += 1);
    show(h('div', { class: 'note' }, 'Loading…'));
    const found = await lookUp(element, block, place, typed);
    if (mine !== asked || document.activeElement !== input) return;
    offered = found.options.filter((option) => !picked.some((each) => each.value === option.value) || !many);
    at = offered.length > 0 && typed !== '' ? 0 : -1;
    show(...(offered.length === 0 ? [h('div', { class: 'note' }, found.note)] : offered.map(drawOption)));
    mark();
  }

  function lookNow() {
    clearTimeout(timer);
    timer = undefined;
    return open(input.value);
  }

  function show(...nodes) {
    list.replaceChildren(...nodes);
    list.hidden = false;
    input.setAttribute('aria-expanded', 'true');
  }

  function close() {
    clearTimeout(timer);
    timer = undefined;
    asked += 1;
    list.hidden = true;
    input.setAttribute('aria-expanded', 'false');
    if (many) input.value = '';
    else showPicked();
  }

  function drawOption(option, index) {
    return h(
      'div',
      {
        role: 'option',
        id: `${id}-${index}`,
        onmousedown: (event) => {
          event.preventDefault();
          take(option);
        },
      },
      h('span', {}, option.label),
      option.description && h('small', {}, option.description),
    );
  }

  function mark() {
    for (const [index, node] of [...list.querySelectorAll('[role=option]')].entries()) {
      node.setAttribute('aria-selected', String(index === at));
      if (index === at) node.scrollIntoView({ block: 'nearest' });
    }
    if (at >= 0) input.setAttribute('aria-activedescendant', `${id}-${at}`);
    else input.removeAttribute('aria-activedescendant');
  }

  function take(option) {
    if (many) {
      if (element.max_selected_items !== undefined && picked.length >= element.max_selected_items) return;
      picked.push(option);
    } else picked.splice(0, picked.length, option);
    input.value = '';
    tell();
    close();
    if (many) open('');
  }

  input.addEventListener('focus', () => {
    input.select();
    if (input.dataset.quiet === undefined) open('');
  });
  input.addEventListener('mousedown', () => {
    if (document.activeElement === input && list.hidden) open('');
  });
  input.addEventListener('blur', close);
  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(lookNow, 120);
  });
  input.addEventListener('keydown', async (event) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (list.hidden) open('');
      at =
        offered.length === 0
          ? -1
          : (at + (event.key === 'ArrowDown' ? 1 : -1) + offered.length) % offered.length;
      mark();
    } else if (event.key === 'Enter') {
      event.preventDefault();
      // Who types and presses it at once means what was typed, not what was offered before.
      if (timer !== undefined) await lookNow();
      if (!list.hidden && offered[at]) take(offered[at]);
    } else if (event.key === 'Escape' && !list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (event.key === 'Backspace' && input.value === '' && picked.length > 0) {
      picked.pop();
      tell();
    }
  });
  showPicked();
  return box;
}

function option(each) {
  return { value: each.value, label: each.text.text, description: each.description?.text };
}

/** What an element begins with. */
export function initial(element) {
  const own = [element.initial_option, ...(element.initial_options ?? [])].filter(Boolean);
  return own.map(option);
}

async function lookUp(element, block, place, typed) {
  const wanted = typed.toLowerCase();
  if (!element.type.includes('external')) {
    const all = ownOptions(element).filter((each) => each.label.toLowerCase().includes(wanted));
    return { options: all, note: 'No results' };
  }
  try {
    const fields = {
      user: state.user,
      ...place,
      actionId: element.action_id,
      blockId: block.block_id,
      value: typed,
    };
    const found = await perform('suggest', fields);
    if (found.kind === 'too_short') return { options: [], note: 'Type to search' };
    if (found.kind !== 'options') return { options: [], note: 'The app did not answer in time' };
    return { options: found.options.map(option), note: 'No results' };
  } catch {
    return { options: [], note: 'This can not be searched any more' };
  }
}

function ownOptions(element) {
  if (element.type.includes('users')) {
    return state.world.people.map((person) => ({ value: person.id, label: person.realName }));
  }
  if (element.type.includes('channels') || element.type.includes('conversations')) {
    return state.world.channels.map((channel) => ({ value: channel.id, label: `#${channel.name}` }));
  }
  const grouped = (element.option_groups ?? []).flatMap((group) => group.options);
  return [...(element.options ?? []), ...grouped].map(option);
}
