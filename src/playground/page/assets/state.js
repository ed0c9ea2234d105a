/** What the page knows; modules read it and main.js changes it. */
export const state = {
  world: undefined,
  user: '',
  channel: '',
  /** Channels and direct messages of the person who speaks. */
  channels: [],
  /** By channel: entries by ts, in order. */
  conversations: new Map(),
  /** Channels with something that was not looked at. */
  unread: new Set(),
  /** By person: what they said, newest last. */
  said: new Map(),
};

export function personName(id) {
  return state.world.people.find((person) => person.id === id)?.realName ?? id;
}

export function userName(id) {
  return state.world.people.find((person) => person.id === id)?.name ?? id;
}

export function channelName(id) {
  return state.world.channels.find((channel) => channel.id === id)?.name ?? id;
}
