import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { app, channels, homelab, people } from '../../../src/playground/slack/seed.ts';
import {
  type SlackOptions,
  type SlackStandIn,
  startSlack,
} from '../../../src/playground/slack/start-slack.ts';
import { callApi } from './call-api.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

interface Frame {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** One end of Socket Mode, without a library that hides what happens. */
interface Peer {
  readonly socket: WebSocket;
  readonly frames: Frame[];
  next(type: string): Promise<Frame>;
}

async function start(options: SlackOptions = {}): Promise<SlackStandIn> {
  const slack = await startSlack({ timeScale: 0.05, ...options });
  closing.push(() => slack.close());
  return slack;
}

async function connect(slack: SlackStandIn): Promise<Peer> {
  const { body } = await callApi(slack, 'apps.connections.open', { token: app.appToken });
  const socket = new WebSocket(String(body['url']));
  const frames: Frame[] = [];
  socket.on('message', (data: Buffer) => frames.push(JSON.parse(data.toString('utf8')) as Frame));
  const next = async (type: string): Promise<Frame> => {
    await expect.poll(() => frames.some((frame) => frame.type === type)).toBe(true);
    const at = frames.findIndex((frame) => frame.type === type);
    return frames.splice(at, 1)[0] as Frame;
  };
  return { socket, frames, next };
}

const acknowledge = ({ socket }: Peer, frame: Frame, payload?: object): void =>
  socket.send(JSON.stringify({ envelope_id: frame['envelope_id'], payload }));
const say = (slack: SlackStandIn) =>
  slack.say({ user: people.requester, channel: channels.platform, text: '/secret list' });

describe('a connection', () => {
  it('is greeted with how many there are, and is counted', async () => {
    const slack = await start();
    expect((await (await connect(slack)).next('hello'))['num_connections']).toBe(1);
    expect((await (await connect(slack)).next('hello'))['num_connections']).toBe(2);
    expect(slack.connections).toBe(2);
  });

  it('needs an app token, and a ticket that nobody used', async () => {
    const slack = await start();
    expect((await callApi(slack, 'apps.connections.open')).body.error).toBe('not_allowed_token_type');
    const { body } = await callApi(slack, 'apps.connections.open', { token: app.appToken });
    const first = new WebSocket(String(body['url']));
    await once(first, 'open');
    const second = new WebSocket(String(body['url']));
    await expect(once(second, 'open')).rejects.toThrow('404');
  });

  it('is refused beyond ten', async () => {
    const slack = await start();
    const peers = [];
    for (let count = 0; count < 11; count += 1) peers.push(await connect(slack));
    expect(await peers[10]?.next('disconnect')).toMatchObject({ reason: 'too_many_websockets' });
    expect(slack.connections).toBe(10);
  });

  it('is told to go, and the close handshake is completed', async () => {
    const slack = await start();
    const peer = await connect(slack);
    await peer.next('hello');
    slack.disconnect('warning');
    expect(await peer.next('disconnect')).toMatchObject({ reason: 'warning' });
    peer.socket.close(1000);
    const [code] = (await once(peer.socket, 'close')) as [number];
    expect(code).toBe(1000);
    await slack.until(() => slack.connections === 0, 'the end of the connection');
  });

  it('is lost without a close frame when the network goes away', async () => {
    const slack = await start();
    const peer = await connect(slack);
    await peer.next('hello');
    slack.dropSockets();
    const [code] = (await once(peer.socket, 'close')) as [number];
    expect(code).toBe(1006);
  });

  it('can not be opened while that is switched off', async () => {
    const slack = await start();
    slack.faults.refuseOpen = true;
    const { body } = await callApi(slack, 'apps.connections.open', { token: app.appToken });
    expect(body.error).toBe('internal_error');
  });
});

describe('an envelope', () => {
  it('goes to one connection, any of them', async () => {
    const slack = await start();
    const peers = [await connect(slack), await connect(slack)];
    for (const peer of peers) await peer.next('hello');
    for (const peer of peers) {
      peer.socket.on('message', (data: Buffer) =>
        acknowledge(peer, JSON.parse(data.toString('utf8')) as Frame),
      );
    }
    for (let count = 0; count < 40; count += 1) expect((await say(slack)).kind).toBe('acknowledged');
    const counts = peers.map((peer) => peer.frames.length);
    expect(counts[0]! + counts[1]!).toBe(40);
    expect(Math.min(...counts)).toBeGreaterThan(0);
  });

  it.each(['same', 'other'] as const)(
    'is delivered twice, to the %s connection, and acknowledged once',
    async (how) => {
      const slack = await start();
      const peers = [await connect(slack), await connect(slack)];
      for (const peer of peers) await peer.next('hello');
      slack.faults.duplicate = how;
      const seen = say(slack);
      await expect.poll(() => peers.flatMap((peer) => peer.frames).length).toBe(2);
      expect(Math.max(...peers.map((peer) => peer.frames.length))).toBe(how === 'same' ? 2 : 1);
      const ids = peers.flatMap((peer) => peer.frames.map((frame) => frame['envelope_id']));
      expect(ids[0]).toBe(ids[1]);
      for (const peer of peers) for (const frame of peer.frames) acknowledge(peer, frame, { text: 'once' });
      await seen;
      expect(slack.history).toHaveLength(1);
    },
  );

  it('that is lost with its connection times out for the person', async () => {
    const slack = await start();
    const peer = await connect(slack);
    await peer.next('hello');
    const seen = say(slack);
    await peer.next('slash_commands');
    slack.dropSockets();
    expect((await seen).kind).toBe('operation_timeout');
  });
});

describe('an event', () => {
  it('comes only to an app that is subscribed, and again until it is acknowledged', async () => {
    const slack = await start({
      timeScale: 0.001,
      seed: { ...homelab, app: { ...homelab.app, events: ['app_mention'] } },
    });
    expect(await slack.event({ type: 'message' })).toBeUndefined();
    const peer = await connect(slack);
    await peer.next('hello');
    const delivered = slack.event({ type: 'app_mention', text: 'hello' });
    expect(await peer.next('events_api')).toMatchObject({
      retry_attempt: 0,
      payload: { event: { text: 'hello' } },
    });
    const again = await peer.next('events_api');
    expect(again).toMatchObject({ retry_attempt: 1, retry_reason: 'timeout' });
    peer.socket.on('message', (data: Buffer) =>
      acknowledge(peer, JSON.parse(data.toString('utf8')) as Frame),
    );
    acknowledge(peer, again);
    expect((await delivered)?.kind).toBe('acknowledged');
  });
});
