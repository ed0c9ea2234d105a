import { h } from './dom.js';

/** As much of Markdown as pull requests of the bot use: paragraphs, lists, tables, bold, code. Never any HTML. */
export function markdown(text) {
  return text
    .replace(/<!--[\s\S]*?-->/g, '')
    .split(/\n{2,}/)
    .map((block) => block.split('\n').filter((line) => line.trim() !== ''))
    .filter((lines) => lines.length > 0)
    .flatMap(drawBlock);
}

function drawBlock(lines) {
  if (lines.length > 1 && /^\|[-|: ]+\|$/.test(lines[1])) return [drawTable(lines)];
  const first = lines.findIndex((line) => line.startsWith('- '));
  const prose = first === -1 ? lines : lines.slice(0, first);
  const items = first === -1 ? [] : lines.slice(first);
  return [
    ...(prose.length > 0 ? [h('p', {}, ...inline(prose.join(' ')))] : []),
    ...(items.length > 0
      ? [h('ul', {}, ...items.map((line) => h('li', {}, ...inline(line.replace(/^- /, '')))))]
      : []),
  ];
}

function drawTable([head, , ...rows]) {
  const cells = (line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim());
  const names = cells(head);
  return h(
    'table',
    {},
    names.some((name) => name !== '') &&
      h('thead', {}, h('tr', {}, ...names.map((name) => h('th', { scope: 'col' }, ...inline(name))))),
    h(
      'tbody',
      {},
      ...rows.map((row) => h('tr', {}, ...cells(row).map((cell) => h('td', {}, ...inline(cell))))),
    ),
  );
}

function inline(text) {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part) => {
    if (part.startsWith('`') && part.length > 2) return h('code', {}, part.slice(1, -1));
    if (part.startsWith('**') && part.length > 4) return h('strong', {}, plain(part.slice(2, -2)));
    return plain(part);
  });
}

/** Without the backslashes that keep a character from meaning something. */
function plain(text) {
  return text
    .replace(/\\([!-/:-@[-`{-~])/g, '$1')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
