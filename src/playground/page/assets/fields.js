import { textOf } from './blocks.js';
import { h } from './dom.js';
import { selectOf } from './select.js';

let counter = 0;

/**
 * One element of an input block. `value` is what is in it: a text, a list, chosen options.
 * `changed(value)` hears each change.
 */
export function drawField(element, { block, place, state, label, changed }) {
  if (element.type.endsWith('_select')) {
    return selectOf(element, { block, place, chosen: chosenOf(state), label, changed });
  }
  if (element.type === 'checkboxes' || element.type === 'radio_buttons') {
    return drawChoices(element, { state, label, changed });
  }
  return drawText(element, { state, label, changed });
}

/** What a state holds, as fields take it: a value, a list of values, or null. */
export function valueOf(state) {
  if (state === undefined) return null;
  const chosen = chosenOf(state).map((each) => each.value);
  if (Array.isArray(state.selected_options)) return chosen;
  if ('selected_option' in state) return chosen[0] ?? null;
  const plural = Object.values(state).find(Array.isArray);
  return plural ?? state.value ?? state.selected_user ?? state.selected_date ?? state.selected_time ?? null;
}

function chosenOf(state = {}) {
  const all = state.selected_options ?? (state.selected_option ? [state.selected_option] : []);
  return all.map((option) => ({ value: option.value, label: option.text.text }));
}

const inputTypes = {
  email_text_input: 'email',
  url_text_input: 'url',
  datepicker: 'date',
  timepicker: 'time',
};

function drawText(element, { state, label, changed }) {
  const common = {
    'aria-label': label,
    'data-action': element.action_id,
    placeholder: element.placeholder?.text,
    maxlength: element.max_length,
    'data-autofocus': element.focus_on_load,
    spellcheck: 'false',
  };
  const number = element.type === 'number_input';
  const field = element.multiline
    ? h('textarea', { ...common, rows: 4 })
    : h('input', {
        ...common,
        type: inputTypes[element.type] ?? 'text',
        inputmode: number ? 'decimal' : undefined,
      });
  field.value = valueOf(state) ?? '';
  field.addEventListener('input', () => changed(field.value === '' ? null : field.value));
  return field;
}

function drawChoices(element, { state, label, changed }) {
  const many = element.type === 'checkboxes';
  const name = `choices-${(counter += 1)}`;
  const picked = new Set(chosenOf(state).map((each) => each.value));
  const inputs = [];
  /** Where the keyboard is when the field is drawn anew. */
  const point = (input) => {
    for (const each of inputs) delete each.dataset.action;
    if (input) input.dataset.action = element.action_id;
  };
  const drawn = h(
    'div',
    { class: 'choices', role: many ? 'group' : 'radiogroup', 'aria-label': label },
    ...element.options.map((option) => {
      const input = h('input', {
        type: many ? 'checkbox' : 'radio',
        name,
        value: option.value,
        checked: picked.has(option.value),
      });
      input.addEventListener('change', () => {
        if (!many) picked.clear();
        point(input);
        if (input.checked) picked.add(option.value);
        else picked.delete(option.value);
        changed(many ? [...picked] : ([...picked][0] ?? null));
      });
      inputs.push(input);
      return h(
        'label',
        {},
        input,
        h(
          'span',
          {},
          ...textOf(option.text),
          option.description && h('small', {}, ...textOf(option.description)),
        ),
      );
    }),
  );
  point(inputs.find(({ checked }) => checked) ?? inputs[0]);
  return drawn;
}
