import type { App } from '@slack/bolt';
import { afterEach, describe, expect, it } from 'vitest';
import type { Received } from '../../../src/playground/http-stand-in.ts';
import { channels, people } from '../../../src/playground/slack/seed.ts';
import {
  type SlackOptions,
  type SlackStandIn,
  startSlack,
} from '../../../src/playground/slack/start-slack.ts';
import { startEchoApp } from './echo-app.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function start(define: (app: App) => void, options: SlackOptions = {}): Promise<SlackStandIn> {
  const slack = await startSlack(options);
  closing.push(() => slack.close());
  const app = await startEchoApp(slack, define);
  closing.push(() => app.stop());
  return slack;
}

const robin = { user: people.requester, channel: channels.platform };

describe('a slash command', () => {
  it('reaches a Bolt app with who, where and what, and shows the acknowledgement to that person alone', async () => {
    const heard: Record<string, unknown>[] = [];
    const slack = await start((app) => {
      app.command('/secret', async ({ ack, command }) => {
        heard.push({ ...command });
        await ack(`· you said ${command.text}`);
      });
    });
    const seen = await slack.say({ ...robin, text: '/secret rotate media/jellyfin for @ada' });
    expect(seen.kind).toBe('acknowledged');
    expect(seen.shown?.text).toBe(`· you said rotate media/jellyfin for <@${people.admin}>`);
    expect(heard[0]).toMatchObject({
      command: '/secret',
      user_id: people.requester,
      channel_id: channels.platform,
      channel_name: 'platform',
    });
    expect(slack.conversation(people.requester, channels.platform)).toHaveLength(1);
    expect(slack.conversation(people.admin, channels.platform)).toHaveLength(0);
  });

  it('that is not acknowledged within three seconds fails for the person, though the app works on', async () => {
    let release = (): void => undefined;
    const slack = await start(
      (app) => {
        app.command('/secret', async ({ ack, client }) => {
          await new Promise<void>((resolve) => {
            release = resolve;
          });
          await ack('too late');
          await client.apiCall('chat.postMessage', {
            channel: channels.platform,
            text: '✓ done all the same',
          });
        });
      },
      { timeScale: 0.02 },
    );
    const seen = await slack.say({ ...robin, text: '/secret list' });
    expect(seen.kind).toBe('operation_timeout');
    expect(seen.shown?.text).toBe('/secret failed with the error "operation_timeout"');
    release();
    const texts = () => slack.conversation(people.requester, channels.platform).map((each) => each.text);
    await slack.until(() => texts().includes('✓ done all the same'), 'the late post');
    expect(texts()).not.toContain('too late');
  });

  it('fails with dispatch_failed while no connection is up', async () => {
    const slack = await startSlack();
    closing.push(() => slack.close());
    const seen = await slack.say({ ...robin, text: '/vault status' });
    expect(seen.kind).toBe('dispatch_failed');
    expect(seen.shown?.notice).toBe('dispatch_failed');
  });

  it('that no app has is refused by Slack itself', async () => {
    const slack = await startSlack();
    closing.push(() => slack.close());
    expect((await slack.say({ ...robin, text: '/nothing here' })).shown?.text).toBe(
      '/nothing is not a valid command.',
    );
  });

  it('answered in the channel publishes what was typed', async () => {
    const slack = await start((app) => {
      app.command('/secret', async ({ ack, respond }) => {
        await ack();
        await respond({ response_type: 'in_channel', text: 'for all' });
      });
    });
    await slack.say({ ...robin, text: '/secret set hunter2' });
    const seen = () => slack.conversation(people.viewer, channels.platform).map((each) => each.text);
    await slack.until(() => seen().includes('for all'), 'the answer');
    expect(seen()).toEqual(['/secret set hunter2', 'for all']);
  });

  it('is delivered twice when duplicates are switched on', async () => {
    const heard: string[] = [];
    const slack = await start((app) => {
      app.command('/secret', async ({ ack, command }) => {
        heard.push(command.trigger_id);
        await ack();
      });
    });
    slack.faults.duplicate = 'other';
    await slack.say({ ...robin, text: '/secret list' });
    await expect.poll(() => heard.length).toBe(2);
    expect(heard[0]).toBe(heard[1]);
  });
});

it('a card is waited for until it is final', async () => {
  const slack = await start((app) => {
    app.command('/secret', async ({ ack, client, command }) => {
      await ack();
      const channel = command.channel_id;
      const { ts } = (await client.apiCall('chat.postMessage', { channel, text: '● at work' })) as {
        ts?: string;
      };
      await client.apiCall('chat.update', { channel, ts, text: '✓ done' });
    });
  });
  const settled = slack.settled(robin);
  await slack.say({ ...robin, text: '/secret list' });
  expect((await settled).text).toBe('✓ done');
  await expect(slack.settled({ ...robin, after: (await settled).ts }, 20)).rejects.toThrow(
    'a card that is final',
  );
});

describe('the transcript', () => {
  it('holds every byte that Slack received, over HTTP and over WebSockets', async () => {
    const received: Received[] = [];
    const slack = await start(
      (app) => {
        app.command('/secret', async ({ ack, client }) => {
          await ack('canary-in-ack');
          await client.apiCall('chat.postMessage', { channel: channels.platform, text: 'canary-in-post' });
        });
      },
      { record: (each) => received.push(each) },
    );
    await slack.say({ ...robin, text: '/secret list' });
    await slack.until(() => slack.history.length === 2, 'both answers');
    expect(received.some((each) => each.method === 'WS' && each.body.includes('canary-in-ack'))).toBe(true);
    expect(
      received.some((each) => each.url === '/api/chat.postMessage' && each.body.includes('canary-in-post')),
    ).toBe(true);
  });
});
