import type { AddressInfo } from 'node:net';
import { App, HTTPReceiver, LogLevel } from '@slack/bolt';
import { afterEach, expect, it } from 'vitest';
import { verifyRequestUrl } from '../../../src/playground/slack/post-signed.ts';
import { channels, app as ids, people } from '../../../src/playground/slack/seed.ts';
import { type SlackStandIn, startSlack } from '../../../src/playground/slack/start-slack.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function start(): Promise<{ slack: SlackStandIn; requestUrl: string; heard: string[] }> {
  const slack = await startSlack();
  closing.push(() => slack.close());
  const receiver = new HTTPReceiver({ signingSecret: ids.signingSecret, logLevel: LogLevel.ERROR });
  const app = new App({
    token: ids.botToken,
    receiver,
    clientOptions: { slackApiUrl: slack.apiUrl },
    deferInitialization: true,
    logLevel: LogLevel.ERROR,
  });
  await app.init();
  const heard: string[] = [];
  app.command('/secret', async ({ ack, command }) => {
    heard.push(command.text);
    await ack({ text: `· heard ${command.text}` });
  });
  const server = await app.start({ port: 0, host: '127.0.0.1' });
  closing.push(() => app.stop());
  const { port } = server.address() as AddressInfo;
  return { slack, requestUrl: `http://127.0.0.1:${port}/slack/events`, heard };
}

const say = (slack: SlackStandIn) =>
  slack.say({ user: people.requester, channel: channels.platform, text: '/secret list media' });

it('brings commands by signed requests, and shows the answer', async () => {
  const { slack, requestUrl, heard } = await start();
  slack.deliverTo({ requestUrl, signingSecret: ids.signingSecret });
  expect((await say(slack)).shown?.text).toBe('· heard list media');
  expect(heard).toEqual(['list media']);
});

it('signs so that a receiver with another secret, or another day, refuses', async () => {
  const { slack, requestUrl, heard } = await start();
  slack.deliverTo({ requestUrl, signingSecret: 'another secret' });
  expect((await say(slack)).kind).toBe('dispatch_failed');
  slack.deliverTo({ requestUrl, signingSecret: ids.signingSecret, skewSeconds: -3600 });
  expect((await say(slack)).kind).toBe('dispatch_failed');
  expect(heard).toEqual([]);
});

it('verifies a request URL as Slack does when it is set', async () => {
  const { requestUrl } = await start();
  expect(await verifyRequestUrl({ requestUrl, signingSecret: ids.signingSecret })).toEqual({
    challenge: true,
    sslCheck: true,
  });
});

it('fails for the person when nobody listens', async () => {
  const { slack } = await start();
  slack.deliverTo({ requestUrl: 'http://127.0.0.1:1/', signingSecret: ids.signingSecret });
  expect((await say(slack)).kind).toBe('dispatch_failed');
});
