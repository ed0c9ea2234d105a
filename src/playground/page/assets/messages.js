import { drawBlocks } from './blocks.js';
import { byId, clockTime, h } from './dom.js';
import { mrkdwn } from './mrkdwn.js';
import { perform } from './server.js';
import { personName, state } from './state.js';

const log = byId('log');
/** Elements by ts, with the version that they show. */
let drawn = new Map();
/** By the ts of what they answer: what was said in a thread stands below its message, folded as Slack has it. */
let threads = new Map();
/** Commands as they were typed, by channel: Slack keeps them from everybody, the page shows them to who typed. */
const typed = [];

/** Draws the whole conversation of the channel. */
export function drawConversation() {
  drawn = new Map();
  threads = new Map();
  const entries = [...(state.conversations.get(state.channel)?.values() ?? [])];
  const mine = typed.filter((line) => line.channel === state.channel && line.user === state.user);
  const rows = [
    ...entries.map((entry) => ({ at: Number(entry.ts), put: () => putEntry(entry) })),
    ...mine.map((line) => ({ at: line.at, put: () => append(drawTyped(line)) })),
  ].sort((a, b) => a.at - b.at);
  log.replaceChildren(...(rows.length === 0 ? [emptyChannel()] : []));
  for (const { put } of rows) put();
  log.scrollTop = log.scrollHeight;
}

/** Draws one entry, new or in place; the list does not jump under a reader's eyes. */
export function updateEntry(ts, entry) {
  const stays = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
  const known = drawn.get(ts);
  if (entry === null) removeEntry(ts);
  else if (known !== undefined) fillEntry(known, entry);
  else putEntry(entry);
  if (stays) log.scrollTop = log.scrollHeight;
  if (entry !== null && entry.author !== state.user) announce(entry);
}

/** The line that a person typed, for their own eyes. */
export function noteTyped(text) {
  const line = { user: state.user, channel: state.channel, text, at: Date.now() / 1000 };
  typed.push(line);
  append(drawTyped(line));
  log.scrollTop = log.scrollHeight;
}

/** Where it belongs: in the thread of what it answers, else at the end. */
function putEntry(entry) {
  const parent = drawn.get(entry.threadTs);
  const node = drawEntry(entry);
  if (parent === undefined) return append(node);
  const thread = threads.get(entry.threadTs) ?? openThread(parent, entry.threadTs);
  thread.querySelector('.replies').append(node);
  countReplies(thread);
}

function openThread(parent, ts) {
  const thread = h('details', { class: 'thread' }, h('summary', {}), h('div', { class: 'replies' }));
  parent.after(thread);
  threads.set(ts, thread);
  return thread;
}

function countReplies(thread) {
  const replies = thread.querySelectorAll('article');
  thread.hidden = replies.length === 0;
  if (thread.hidden) return;
  const last = replies[replies.length - 1].querySelector('time').textContent;
  const count = replies.length === 1 ? '1 reply' : `${replies.length} replies`;
  thread
    .querySelector('summary')
    .replaceChildren(count, h('span', { class: 'hint' }, ` the last at ${last}`));
}

function removeEntry(ts) {
  const node = drawn.get(ts);
  const thread = node?.closest('.thread');
  node?.remove();
  threads.get(ts)?.remove();
  drawn.delete(ts);
  if (thread) countReplies(thread);
}

function append(node) {
  log.querySelector('.empty')?.remove();
  log.append(node);
}

/** Screen readers are told the top-level text, and of a card at work only its first state. */
let lastAnnounced = '';
function announce(entry) {
  if (entry.text.startsWith('●') && entry.version > 1) return;
  if (entry.text === lastAnnounced) return;
  lastAnnounced = entry.text;
  byId('announcer').textContent = `${entry.authorName}: ${entry.text}`;
}

function drawTyped(line) {
  return h(
    'div',
    { class: 'typed' },
    h('span', { class: 'prompt', 'aria-hidden': 'true' }, '›'),
    h('code', {}, line.text),
    h('span', { class: 'hint' }, 'sent to the app, not shown to the channel'),
  );
}

function drawEntry(entry) {
  const node = h('article', { class: 'message', 'data-ts': entry.ts });
  fillEntry(node, entry);
  drawn.set(entry.ts, node);
  return node;
}

function fillEntry(node, entry) {
  if (node.dataset.version === String(entry.version)) return;
  node.dataset.version = String(entry.version);
  const focused = node.contains(document.activeElement) ? document.activeElement.dataset.action : undefined;
  node.className = ['message', entry.ephemeral && 'ephemeral', entry.notice && 'notice']
    .filter(Boolean)
    .join(' ');
  node.setAttribute('aria-label', `${entry.authorName}: ${entry.text}`);
  const at = new Date(Number(entry.ts) * 1000);
  node.replaceChildren(
    avatar(entry),
    h(
      'div',
      { class: 'body' },
      entry.ephemeral && h('div', { class: 'only-you' }, eye(), 'Only visible to you'),
      h(
        'div',
        { class: 'byline' },
        h('strong', {}, entry.authorName),
        entry.fromApp && h('span', { class: 'app-badge' }, 'APP'),
        h('time', { datetime: at.toISOString() }, clockTime(at)),
        entry.version > 1 && h('span', { class: 'edited' }, '(edited)'),
      ),
      ...content(entry),
      entry.reactions.length > 0 &&
        h('div', { class: 'reactions' }, ...entry.reactions.map((name) => h('span', {}, `:${name}:`))),
    ),
  );
  if (focused !== undefined) node.querySelector(`[data-action="${CSS.escape(focused)}"]`)?.focus();
}

function content(entry) {
  if (entry.blocks.length === 0)
    return [h('div', { class: 'block section' }, h('div', { class: 'text' }, ...mrkdwn(entry.text)))];
  const message = { channel: entry.channel, ts: entry.ts };
  return drawBlocks(
    entry.blocks,
    async (element, block, value) => {
      const seen = await perform('press', {
        user: state.user,
        message,
        actionId: element.action_id,
        blockId: block.block_id,
        value,
      });
      if (seen.kind !== 'acknowledged') throw new Error(seen.kind);
    },
    { message },
  );
}

function avatar(entry) {
  if (entry.fromApp) return h('img', { class: 'avatar', src: 'key.svg', alt: '' });
  const name = entry.authorName;
  const hue = [...name].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 6;
  return h('span', { class: `avatar hue-${hue}`, 'aria-hidden': 'true' }, name.slice(0, 1));
}

function eye() {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute(
    'd',
    'M1 8s2.5-4.5 7-4.5S15 8 15 8s-2.5 4.5-7 4.5S1 8 1 8Zm7 2.2A2.2 2.2 0 1 0 8 5.8a2.2 2.2 0 0 0 0 4.4Z',
  );
  path.setAttribute('fill', 'none');
  path.setAttribute('stroke', 'currentColor');
  svg.append(path);
  return svg;
}

function emptyChannel() {
  const { examples } = state.world;
  return h(
    'div',
    { class: 'empty' },
    h('p', {}, `Nothing was said here yet, ${personName(state.user)}. Try one of these:`),
    h(
      'div',
      { class: 'examples' },
      ...examples.map((text) =>
        h(
          'button',
          { type: 'button', onclick: () => document.dispatchEvent(new CustomEvent('try', { detail: text })) },
          text,
        ),
      ),
    ),
  );
}
