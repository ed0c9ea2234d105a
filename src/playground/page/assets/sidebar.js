import { byId, h } from './dom.js';
import { state } from './state.js';

const kinds = {
  guest: 'guest',
  'single-channel guest': 'guest',
  deactivated: 'deactivated',
  stranger: 'another workspace',
};

/** Draws channels and people; `choose` is called with what was clicked. */
export function drawSidebar({ chooseChannel, choosePerson }) {
  byId('team-name').textContent = state.world.team;
  byId('channels').replaceChildren(
    ...state.channels.filter((each) => !each.direct).map((each) => drawChannel(each, chooseChannel)),
  );
  byId('directs').replaceChildren(
    ...state.channels.filter((each) => each.direct).map((each) => drawChannel(each, chooseChannel)),
  );
  const speakers = state.world.people.filter(({ kind }) => kind !== 'bot' && kind !== 'deactivated');
  byId('people').replaceChildren(...speakers.map((person) => drawPerson(person, choosePerson)));
}

function drawChannel(channel, choose) {
  const current = channel.id === state.channel;
  return h(
    'li',
    {},
    h(
      'button',
      {
        type: 'button',
        class: [current && 'current', state.unread.has(channel.id) && 'unread'].filter(Boolean).join(' '),
        'aria-current': current ? 'page' : undefined,
        'data-channel': channel.id,
        onclick: () => choose(channel.id),
      },
      channel.direct
        ? h('img', { src: 'key.svg', alt: '', width: 18, height: 18 })
        : h('span', { class: 'hash', 'aria-hidden': 'true' }, '#'),
      h('span', {}, channel.name),
      state.unread.has(channel.id) && h('span', { class: 'dot', 'aria-label': 'new messages' }),
    ),
  );
}

function drawPerson(person, choose) {
  const current = person.id === state.user;
  const role = person.role || kinds[person.kind] || '';
  return h(
    'li',
    {},
    h(
      'button',
      {
        type: 'button',
        role: 'radio',
        'aria-checked': String(current),
        class: current ? 'current' : '',
        'data-person': person.id,
        onclick: () => choose(person.id),
      },
      h('span', { class: 'presence', 'aria-hidden': 'true' }),
      h('span', { class: 'who' }, person.realName, role && h('small', {}, role)),
    ),
  );
}
