import { startAside } from './aside.js';
import { drawBehind } from './behind.js';
import { describeComposer, startComposer } from './composer.js';
import { byId } from './dom.js';
import { drawConversation, updateEntry } from './messages.js';
import { showModal, startModal } from './modal.js';
import { drawPulls, startPulls } from './pulls.js';
import { follow, readWorld } from './server.js';
import { drawSidebar } from './sidebar.js';
import { state } from './state.js';

state.world = await readWorld();
let stop = () => undefined;

function redraw() {
  drawSidebar({ chooseChannel, choosePerson });
  const channel = state.channels.find((each) => each.id === state.channel);
  const name = channel === undefined ? '' : channel.direct ? channel.name : `#${channel.name}`;
  byId('channel-name').textContent = name;
  byId('channel-purpose').textContent = channel?.purpose ?? '';
  describeComposer(name, channel !== undefined);
  document.title = `${name} · ${state.world.team} · Chatelaine playground`;
}

function chooseChannel(id) {
  state.channel = id;
  state.unread.delete(id);
  redraw();
  drawConversation();
  byId('composer-input').focus();
}

function choosePerson(id) {
  stop();
  state.user = id;
  state.conversations.clear();
  state.unread.clear();
  // Nothing of what the other person saw stays on the screen.
  byId('log').replaceChildren();
  showModal(null);
  stop = follow(id, listeners);
  requestAnimationFrame(() => document.querySelector(`[data-person="${CSS.escape(id)}"]`)?.focus());
}

const listeners = {
  open: () => {
    byId('lost').hidden = true;
  },
  lost: () => {
    byId('lost').hidden = false;
  },
  channels(channels) {
    state.channels = channels;
    if (!channels.some((each) => each.id === state.channel)) state.channel = channels[0]?.id ?? '';
    redraw();
    drawConversation();
  },
  conversation({ channel, entries }) {
    state.conversations.set(channel, new Map(entries.map((entry) => [entry.ts, entry])));
    if (channel === state.channel) drawConversation();
  },
  entry({ channel, ts, entry }) {
    const known = state.conversations.get(channel) ?? new Map();
    state.conversations.set(channel, known);
    if (entry === null) known.delete(ts);
    else known.set(ts, entry);
    if (channel === state.channel) {
      updateEntry(ts, entry);
    } else if (entry !== null) {
      state.unread.add(channel);
      redraw();
    }
  },
  modal: showModal,
  panels: drawBehind,
  pulls: drawPulls,
  connections(count) {
    document.body.dataset.connections = String(count);
  },
};

startAside();
startComposer();
startModal();
startPulls();
choosePerson(state.world.me);
byId('composer-input').focus();
