import { showBehind } from './aside.js';
import { byId, h } from './dom.js';
import { markdown } from './markdown.js';
import { perform } from './server.js';

/* The pages of the Git host: a list beside the conversation, and one pull request in its place. */

let pulls = [];
let accounts = [];
/** The number of the pull request that is looked at. */
let opened;
/** Who acts on the host: kept from one pull request to the next. */
let login = '';

export function startPulls() {
  byId('pull').addEventListener('keydown', (event) => {
    if (event.key === 'Escape') leave();
  });
  // A link to the host leads to its page here: there is no such repository elsewhere.
  document.addEventListener('click', (event) => {
    const link = event.target.closest?.('a[href]');
    const pull = link && pulls.find(({ url }) => url === link.href);
    if (!pull || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(pull.number);
  });
}

/** Draws what the host has now. */
export function drawPulls(shown) {
  ({ pulls, accounts } = shown);
  if (!accounts.includes(login)) login = accounts[1] ?? accounts[0] ?? '';
  byId('pulls').hidden = false;
  replace(byId('pull-list'), pulls.map(listed), () =>
    pulls.length === 0
      ? [h('li', { class: 'none' }, 'None yet: /secret new opens one.')]
      : pulls.map(drawListed),
  );
  if (opened !== undefined) drawOpened();
}

/** Fills a container anew where its data changed. The focus stays where it was; where that is gone, near to it. */
function replace(container, data, draw) {
  const text = JSON.stringify(data);
  if (container.dataset.text === text) return;
  container.dataset.text = text;
  const focused = container.contains(document.activeElement) && document.activeElement.dataset.focus;
  container.replaceChildren(...draw());
  if (!focused) return;
  const again = container.querySelector(`[data-focus="${CSS.escape(focused)}"]`) ?? byId('pull-title');
  again?.focus();
}

function listed({ number, title, state, statuses }) {
  return { number, title, badge: badgeOf({ state, statuses }) };
}

const ended = { draft: ['draft', 'quiet'], merged: ['merged', 'good'], closed: ['closed', 'quiet'] };

function badgeOf({ state, statuses }) {
  if (ended[state]) return ended[state];
  const missing = statuses.some((each) => each.required && each.state !== 'success');
  return missing ? ['waits', 'warn'] : ['approved', 'good'];
}

function drawBadge(pull) {
  const [text, tone] = badgeOf(pull);
  return h('span', { class: `badge ${tone}` }, text);
}

function drawListed(pull) {
  return h(
    'li',
    {},
    h('div', { class: 'what' }, h('strong', {}, pull.title), h('small', {}, `#${pull.number}`)),
    drawBadge(pull),
    h(
      'button',
      {
        type: 'button',
        class: 'small',
        'data-focus': `pull-${pull.number}`,
        'aria-label': `Open pull request #${pull.number}`,
        onclick: () => open(pull.number),
      },
      'Open',
    ),
  );
}

function open(number) {
  opened = number;
  byId('pull').replaceChildren(...frame());
  document.body.classList.add('pull-open');
  showBehind(true);
  drawOpened();
  byId('behind').scrollTop = 0;
  byId('pull-title').focus();
}

function leave() {
  const number = opened;
  opened = undefined;
  document.body.classList.remove('pull-open');
  byId('pull').replaceChildren();
  document.querySelector(`#pull-list [data-focus="pull-${number}"]`)?.focus();
}

function frame() {
  return [
    h('button', { type: 'button', class: 'small back', onclick: leave }, '← Behind the scenes'),
    h('h2', { id: 'pull-title', tabindex: '-1' }),
    h('p', { id: 'pull-facts', class: 'facts' }),
    h('div', { id: 'pull-checks', class: 'card', role: 'status' }),
    h('div', { id: 'pull-acts', class: 'card acts' }),
    h('div', { id: 'pull-files' }),
    h('section', { class: 'card said', 'aria-label': 'Description' }, h('div', { id: 'pull-body' })),
    h('div', { id: 'pull-comments' }),
  ];
}

function drawOpened() {
  const pull = pulls.find(({ number }) => number === opened);
  if (!pull) return leave();
  replace(byId('pull-title'), [pull.title, pull.state], () => [
    pull.title,
    h('span', { class: 'number' }, ` #${pull.number}`),
  ]);
  replace(byId('pull-facts'), [pull.head, badgeOf(pull), pull.mergedBy], () => drawFacts(pull));
  replace(byId('pull-checks'), [pull.statuses, pull.reviews], () => drawChecks(pull));
  replace(byId('pull-acts'), [pull.state, accounts, login], () => drawActs(pull));
  replace(byId('pull-files'), pull.files, () => pull.files.map(drawFile));
  replace(byId('pull-body'), pull.body, () => markdown(pull.body));
  replace(byId('pull-comments'), pull.comments, () => pull.comments.map(drawComment));
}

function drawFacts(pull) {
  const wants = pull.state === 'closed' ? ' wanted to merge ' : ' wants to merge ';
  const from = [h('strong', {}, pull.author), wants, h('code', {}, pull.branch)];
  const done = [h('strong', {}, pull.mergedBy ?? ''), ' merged ', h('code', {}, pull.branch)];
  return [
    drawBadge(pull),
    h(
      'span',
      {},
      ...(pull.state === 'merged' ? done : from),
      ' into ',
      h('code', {}, pull.base),
      ' at ',
      h('code', {}, pull.head),
    ),
  ];
}

const signs = { success: ['✓', 'good'], failure: ['✗', 'bad'], error: ['✗', 'bad'] };
const verdicts = {
  APPROVED: ['✓', 'good', 'approved this'],
  CHANGES_REQUESTED: ['✗', 'bad', 'wants changes'],
  COMMENTED: ['·', 'quiet', 'commented'],
  DISMISSED: ['·', 'quiet', 'approved this; taken back'],
};

function drawChecks({ statuses, reviews }) {
  const rows = [
    ...statuses.map((each) => {
      const [sign, tone] = signs[each.state] ?? ['…', 'busy'];
      const words = each.description || 'has not been set yet';
      return drawCheck(sign, tone, each.context, `${words}${each.required ? ' · required' : ''}`);
    }),
    ...reviews.map(({ by, verdict, old }) => {
      const [sign, tone, words] = verdicts[verdict];
      return old && verdict === 'APPROVED'
        ? drawCheck('·', 'quiet', by, 'approved an earlier commit, not this one')
        : drawCheck(sign, tone, by, words);
    }),
  ];
  return [h('h3', {}, 'Checks and reviews'), h('ul', { class: 'checks' }, ...rows)];
}

function drawCheck(sign, tone, name, words) {
  return h(
    'li',
    {},
    h('span', { class: `sign ${tone}`, 'aria-hidden': 'true' }, sign),
    h('div', { class: 'what' }, h('strong', {}, name), h('small', {}, words)),
  );
}

function drawActs({ state }) {
  if (state === 'merged' || state === 'closed') return [h('p', { class: 'facts' }, `It is ${state}.`)];
  const button = (act, label, look) =>
    h(
      'button',
      { type: 'button', class: `slack-button ${look}`, 'data-focus': act, onclick: () => run(act) },
      label,
    );
  return [
    h(
      'fieldset',
      { class: 'accounts' },
      h('legend', {}, 'On the Git host, act as'),
      ...accounts.map((name) =>
        h(
          'label',
          {},
          h('input', {
            type: 'radio',
            name: 'account',
            checked: name === login,
            'data-focus': `as-${name}`,
            onchange: () => {
              login = name;
            },
          }),
          h('span', {}, name),
        ),
      ),
    ),
    h(
      'div',
      { class: 'buttons' },
      button('approve', 'Approve', 'primary'),
      button('merge', 'Merge', ''),
      button('push', 'Push another commit', ''),
      button('close', 'Close', 'danger'),
    ),
    h('p', { class: 'problem', role: 'alert', hidden: true }),
  ];
}

async function run(act) {
  const number = opened;
  const tell = (text) => {
    const problem = byId('pull').querySelector('.problem');
    if (!problem) return;
    problem.textContent = text;
    problem.hidden = text === '';
  };
  tell('');
  try {
    await perform('pull', { act, number, login });
  } catch (error) {
    if (number === opened) tell(`The Git host says: ${error.message}`);
  }
}

function drawFile({ path, added, removed, lines }) {
  return h(
    'details',
    { class: 'card file', open: true },
    h(
      'summary',
      {},
      h('code', {}, path),
      h('span', { class: 'plus' }, `+${added}`),
      h('span', { class: 'minus' }, `−${removed}`),
    ),
    h(
      'div',
      { class: 'diff', tabindex: '0', role: 'group', 'aria-label': `Changes of ${path}` },
      ...lines.map(({ kind, text }) => h('div', { class: kind }, drawSign(kind), text)),
    ),
  );
}

const lineSigns = { added: '+', removed: '−', same: ' ' };

function drawSign(kind) {
  return lineSigns[kind] ? h('span', { class: 'mark' }, lineSigns[kind]) : undefined;
}

function drawComment({ by, body }) {
  return h(
    'section',
    { class: 'card said', 'aria-label': `Comment of ${by}` },
    h('strong', {}, by),
    ...markdown(body),
  );
}
