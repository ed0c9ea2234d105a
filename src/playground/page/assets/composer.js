import { byId, h } from './dom.js';
import { noteTyped } from './messages.js';
import { perform } from './server.js';
import { state } from './state.js';

const form = byId('composer');
const input = byId('composer-input');
const list = byId('completions');
/** Where in what was said before; -1 is the line that is being typed. */
let past = -1;
let draft = '';
let chosen = -1;

export function startComposer() {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    send();
  });
  input.addEventListener('input', () => {
    past = -1;
    grow();
    complete();
  });
  input.addEventListener('keydown', onKey);
  input.addEventListener('blur', close);
  input.addEventListener('focus', complete);
  document.addEventListener('try', (event) => {
    setText(event.detail);
    input.focus();
    send();
  });
}

export function describeComposer(name, canSpeak) {
  input.placeholder = canSpeak ? `Message ${name}` : `You can't write here`;
  input.setAttribute('aria-label', `Message ${name}`);
  input.disabled = !canSpeak;
}

function send() {
  const text = input.value.trim();
  if (text === '') return;
  const said = state.said.get(state.user) ?? [];
  state.said.set(state.user, [...said.filter((each) => each !== text), text]);
  if (text.startsWith('/')) noteTyped(text);
  setText('');
  close();
  perform('say', { user: state.user, channel: state.channel, text }).catch((error) => {
    setText(text);
    input.setCustomValidity(error.message);
    input.reportValidity();
    input.setCustomValidity('');
  });
}

function onKey(event) {
  const open = !list.hidden;
  if (event.key === 'Enter' && !event.shiftKey) {
    event.preventDefault();
    if (open && chosen >= 0) take(chosen);
    else send();
  } else if (event.key === 'Tab' && open) {
    event.preventDefault();
    take(Math.max(chosen, 0));
  } else if (event.key === 'Escape' && open) {
    event.preventDefault();
    close();
  } else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
    const step = event.key === 'ArrowUp' ? -1 : 1;
    if (open && input.value !== '') choose(chosen + step, event);
    else recall(-step, event);
  }
}

/** Goes through what this person said before, as in a shell. */
function recall(step, event) {
  const said = state.said.get(state.user) ?? [];
  const next = past + step;
  if (next < -1 || next >= said.length || input.value.includes('\n')) return;
  event.preventDefault();
  if (past === -1) draft = input.value;
  past = next;
  setText(past === -1 ? draft : said[said.length - 1 - past]);
  close();
}

function setText(text) {
  input.value = text;
  input.setSelectionRange(text.length, text.length);
  grow();
}

function grow() {
  input.style.height = 'auto';
  input.style.height = `${Math.min(input.scrollHeight, 160)}px`;
}

/** Commands as Slack lists them, then whole lines to try and lines that were said before. */
function options() {
  const text = input.value;
  if (!text.startsWith('/')) return [];
  const { commands, examples } = state.world;
  const word = text.split(' ')[0];
  const matching = commands
    .filter(({ command }) => command.startsWith(word) && !text.includes(' '))
    .map(({ command, description, usageHint }) => ({
      text: `${command} `,
      label: command,
      usage: usageHint,
      description,
    }));
  const lines = [...new Set([...(state.said.get(state.user) ?? []).toReversed(), ...examples])]
    .filter((line) => line.startsWith(text) && line !== text)
    .slice(0, 6)
    .map((line) => ({ text: line, label: line, usage: '', description: '' }));
  return [...matching, ...lines];
}

let offered = [];
function complete() {
  offered = options();
  chosen = -1;
  list.hidden = offered.length === 0;
  input.setAttribute('aria-expanded', String(!list.hidden));
  input.removeAttribute('aria-activedescendant');
  list.replaceChildren(
    ...offered.map((option, index) =>
      h(
        'div',
        {
          role: 'option',
          id: `completion-${index}`,
          'aria-selected': 'false',
          onmousedown: (event) => {
            event.preventDefault();
            take(index);
          },
        },
        h('strong', {}, option.label),
        option.usage && h('span', { class: 'usage' }, option.usage),
        option.description && h('span', { class: 'description' }, option.description),
      ),
    ),
  );
}

function choose(index, event) {
  event.preventDefault();
  chosen = (index + offered.length) % offered.length;
  for (const [at, node] of [...list.children].entries()) {
    node.setAttribute('aria-selected', String(at === chosen));
    if (at === chosen) node.scrollIntoView({ block: 'nearest' });
  }
  input.setAttribute('aria-activedescendant', `completion-${chosen}`);
}

function take(index) {
  const option = offered[index];
  if (option === undefined) return;
  setText(option.text);
  close();
  if (option.text.endsWith(' ')) complete();
}

function close() {
  list.hidden = true;
  chosen = -1;
  input.setAttribute('aria-expanded', 'false');
}
