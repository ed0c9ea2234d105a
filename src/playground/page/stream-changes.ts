import type { ServerResponse } from 'node:http';
import type { SlackStandIn } from '../slack/start-slack.ts';
import { followPulls } from './follow-pulls.ts';
import { showPanels } from './panels.ts';
import type { Stage } from './perform-acts.ts';

/** How often panels are looked at while somebody watches, in milliseconds. */
const panelsMs = 250;
const mostEntries = 300;

/** Sends one person's view of everything as Server-Sent Events, until the connection ends. */
export function streamChanges(stage: Stage, user: string, response: ServerResponse): void {
  const { slack, git } = stage;
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  const send = (event: string, data: unknown): void => {
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  let known = slack.channelsOf(user).length;
  sendAll(slack, user, send);

  let lastPanels = '';
  const sendPanels = (): void => {
    const shown = showPanels(stage.panels, stage.switches);
    const text = JSON.stringify(shown);
    if (text === lastPanels) return;
    lastPanels = text;
    send('panels', shown);
  };
  sendPanels();
  const timer = setInterval(sendPanels, panelsMs);
  const stopPulls = git === undefined ? () => undefined : followPulls(git, send);
  const stop = slack.onChange((change) => {
    if (change.kind === 'connections') send('connections', slack.connections);
    else if (change.kind === 'modal') {
      if (change.user === user) sendModal(slack, user, send);
    } else if (change.onlyFor === undefined || change.onlyFor === user) {
      known = sendNewChannels(slack, user, { known, send });
      sendEntry(slack, user, { ...change, send });
    }
  });
  response.once('close', () => {
    clearInterval(timer);
    stopPulls();
    stop();
  });
}

type Send = (event: string, data: unknown) => void;

function sendAll(slack: SlackStandIn, user: string, send: Send): void {
  const channels = slack.channelsOf(user);
  send('channels', channels);
  send('connections', slack.connections);
  for (const { id } of channels) {
    send('conversation', { channel: id, entries: slack.conversation(user, id).slice(-mostEntries) });
  }
  sendModal(slack, user, send);
}

/** Direct messages that began just now are a channel that the page does not know yet. */
function sendNewChannels(
  slack: SlackStandIn,
  user: string,
  { known, send }: { known: number; send: Send },
): number {
  const channels = slack.channelsOf(user);
  if (channels.length !== known) send('channels', channels);
  return channels.length;
}

function sendModal(slack: SlackStandIn, user: string, send: Send): void {
  send('modal', slack.modal(user) ?? null);
}

function sendEntry(
  slack: SlackStandIn,
  user: string,
  { channel, ts, send }: { channel: string; ts: string; send: Send },
): void {
  const entry = slack.conversation(user, channel).find((each) => each.ts === ts);
  send('entry', { channel, ts, entry: entry ?? null });
}
