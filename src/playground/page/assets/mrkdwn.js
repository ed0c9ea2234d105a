import { h } from './dom.js';
import { channelName, state, userName } from './state.js';

/** Slack's markup as elements: code first, then mentions and links, then bold, italic and struck text. */
export function mrkdwn(text) {
  const parts = [];
  for (const [index, part] of text.split(/```\n?([\s\S]*?)\n?```\n?/).entries()) {
    if (index % 2 === 1) parts.push(h('pre', {}, unescape(part)));
    else if (part !== '') parts.push(...lines(part));
  }
  return parts;
}

/** Plain text with its line breaks. */
export function plain(text) {
  return text.split('\n').flatMap((line, index) => (index === 0 ? [line] : [h('br'), line]));
}

function lines(text) {
  return text.split('\n').flatMap((line, index) => [...(index === 0 ? [] : [h('br')]), ...quoted(line)]);
}

function quoted(line) {
  const quote = /^&gt;\s?(.*)$/.exec(line);
  return quote ? [h('blockquote', {}, ...inline(quote[1]))] : inline(line);
}

/** Code, mentions and links may stand within bold text: while that is looked for, a number keeps their place. */
function inline(line) {
  const held = [];
  const text = line
    .replaceAll('\0', '')
    .replace(/`[^`\n]+`|<[^<>]+>/g, (part) => `\0${held.push(part) - 1}\0`);
  return styled(text, (number) => whole(held[number]));
}

function whole(part) {
  return part.startsWith('`') ? h('code', {}, unescape(part.slice(1, -1))) : special(part.slice(1, -1));
}

const styles = [
  ['strong', /(^|[\s(])\*([^*\s](?:[^*]*[^*\s])?)\*(?=$|[\s).,:;!?])/],
  ['em', /(^|[\s(])_([^_\s](?:[^_]*[^_\s])?)_(?=$|[\s).,:;!?])/],
  ['s', /(^|[\s(])~([^~\s](?:[^~]*[^~\s])?)~(?=$|[\s).,:;!?])/],
];

function styled(text, fill) {
  if (text === '') return [];
  for (const [tag, form] of styles) {
    const found = form.exec(text);
    if (!found) continue;
    const start = found.index + found[1].length;
    const end = start + found[2].length + 2;
    return [
      ...styled(text.slice(0, start), fill),
      h(tag, {}, ...styled(found[2], fill)),
      ...styled(text.slice(end), fill),
    ];
  }
  return text
    .split(/\0(\d+)\0/)
    .flatMap((part, index) => (index % 2 === 1 ? [fill(part)] : part === '' ? [] : [unescape(part)]));
}

function special(inside) {
  const [target, label] = inside.split('|');
  if (target.startsWith('@')) {
    const id = target.slice(1);
    return h('span', { class: id === state.user ? 'mention me' : 'mention' }, `@${userName(id)}`);
  }
  if (target.startsWith('#'))
    return h('span', { class: 'mention' }, `#${label ?? channelName(target.slice(1))}`);
  if (target.startsWith('!date^')) return dateToken(target, label);
  if (target.startsWith('!')) return h('span', { class: 'mention' }, label ?? `@${target.slice(1)}`);
  return link(target, label);
}

function link(target, label) {
  const text = unescape(label ?? target);
  const url = URL.canParse(unescape(target)) ? new URL(unescape(target)) : undefined;
  if (url === undefined || !['http:', 'https:', 'mailto:'].includes(url.protocol)) return text;
  return h('a', { href: url.href, target: '_blank', rel: 'noopener noreferrer' }, text);
}

const dateForms = {
  date: { dateStyle: 'medium' },
  date_num: { year: 'numeric', month: '2-digit', day: '2-digit' },
  date_short: { dateStyle: 'medium' },
  date_long: { dateStyle: 'full' },
  date_pretty: { dateStyle: 'medium' },
  date_short_pretty: { dateStyle: 'medium' },
  date_long_pretty: { dateStyle: 'full' },
  time: { hour: '2-digit', minute: '2-digit' },
  time_secs: { hour: '2-digit', minute: '2-digit', second: '2-digit' },
};

/** `<!date^seconds^{date_short} at {time}|fallback>`, in the reader's own zone. */
function dateToken(target, fallback) {
  const [, seconds, form = '{date} {time}'] = target.split('^');
  const date = new Date(Number(seconds) * 1000);
  if (Number.isNaN(date.getTime())) return fallback ?? '';
  const text = form.replace(/\{(\w+)\}/g, (whole, name) => {
    if (name === 'ago') return 'some time ago';
    if (!dateForms[name]) return whole;
    return name.endsWith('pretty') && isToday(date) ? 'today' : date.toLocaleString([], dateForms[name]);
  });
  return h('time', { datetime: date.toISOString(), title: date.toLocaleString() }, text);
}

function isToday(date) {
  return date.toDateString() === new Date().toDateString();
}

function unescape(text) {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
