import { afterEach, expect, it } from 'vitest';
import { showMrkdwn } from '../../src/playground/show-as-text.ts';
import { channels, homelab, people } from '../../src/playground/slack/seed.ts';
import { startSlack } from '../../src/playground/slack/start-slack.ts';
import { converse, findPerson, hear } from '../../src/playground/text-client.ts';
import { startEchoApp } from './slack/echo-app.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

type Define = Parameters<typeof startEchoApp>[1];

async function talk(line: string, define: Define): Promise<{ ok: boolean; lines: readonly string[] }> {
  const slack = await startSlack();
  closing.push(() => slack.close());
  const app = await startEchoApp(slack, define);
  closing.push(() => app.stop());
  const lines: string[] = [];
  const write = (text: string): void => void lines.push(text);
  const ok = await converse({ slack, user: people.requester, channel: channels.platform, write }, line);
  return { ok, lines };
}

const title = (text: string) => ({ type: 'header', text: { type: 'plain_text', text } }) as const;

it('writes the last state of a card that was edited, once, and says that it went well', async () => {
  const { ok, lines } = await talk('/secret rotate media/jellyfin', (app) => {
    app.command('/secret', async ({ ack, client }) => {
      await ack();
      const channel = channels.platform;
      const posted = (await client.apiCall('chat.postMessage', { channel, text: '● Rotating' })) as {
        ts?: string;
      };
      for (const text of ['● Rotating, step 1', '✓ api-key is live as v8']) {
        const blocks = [
          title(text),
          { type: 'context', elements: [{ type: 'mrkdwn', text: `asked by <@${people.requester}>` }] },
          {
            type: 'section',
            text: { type: 'mrkdwn', text: '✓ *media/jellyfin* Ready   _94 ms_\nsecond line' },
          },
          {
            type: 'actions',
            elements: [{ type: 'button', text: { type: 'plain_text', text: 'History' }, value: 'x' }],
          },
        ];
        await client.apiCall('chat.update', { channel, ts: posted.ts, text, blocks });
      }
    });
  });
  expect(ok).toBe(true);
  expect(lines).toEqual([
    'robin: /secret rotate media/jellyfin',
    '✓ api-key is live as v8\n  asked by @robin\n  ✓ media/jellyfin Ready   94 ms\n  second line\n  [History]',
  ]);
});

it('waits for the very card that will change, and takes no alert that comes meanwhile for the answer', async () => {
  const slack = await startSlack();
  closing.push(() => slack.close());
  const app = await startEchoApp(slack, () => undefined);
  closing.push(() => app.stop());
  const channel = channels.platform;
  const request = { type: 'context', elements: [{ type: 'mrkdwn', text: 'Request 7f3a9c00' }] };
  const card = (text: string) => ({ channel, text, blocks: [title(text), request] });
  const post = async (message: object): Promise<string> => {
    const { ts } = (await app.client.apiCall('chat.postMessage', message as never)) as { ts?: string };
    return ts ?? '';
  };
  const ts = await post(card('· api-key is approved: pull request #1 can be merged'));
  const lines: string[] = [];
  const conversation = {
    slack,
    user: people.requester,
    channel,
    write: (text: string) => void lines.push(text),
  };
  const good = await hear(conversation, 'ada merges', async () => {
    await post({ channel, text: '▲ home/mealie fails' });
    // Later than whatever is quiet by then.
    setTimeout(() => void app.client.apiCall('chat.update', { ...card('✓ api-key is live'), ts }), 1_500);
    return /can be merged$/m;
  });
  expect(good).toBe(true);
  expect(lines.map((each) => each.split('\n')[0])).toEqual([
    'ada merges',
    '▲ home/mealie fails',
    '✓ api-key is live',
  ]);
});

it.each(['✗ not rotated', '▲ can not be proven'])('a last card “%s” is no success', async (text) => {
  const { ok } = await talk('/secret rotate media/jellyfin', (app) => {
    app.command('/secret', ({ ack }) => ack(text));
  });
  expect(ok).toBe(false);
});

it('a form that opens is shown and closed, and is no success', async () => {
  const { ok, lines } = await talk('/secret rotate', (app) => {
    app.command('/secret', async ({ ack, client, command }) => {
      await ack();
      const plain = (text: string) => ({ type: 'plain_text', text }) as const;
      const element = { type: 'plain_text_input', action_id: 'a', initial_value: 'media/' } as const;
      await client.views.open({
        trigger_id: command.trigger_id,
        view: {
          type: 'modal',
          title: plain('/secret rotate'),
          submit: plain('Rotate'),
          blocks: [{ type: 'input', block_id: 'b', label: plain('Secret'), element }],
        },
      });
    });
  });
  expect(ok).toBe(false);
  expect(lines[1]).toBe('[/secret rotate]\n  Secret: media/');
});

it('knows people by name, and says who there is', () => {
  expect(findPerson(homelab, '@Ada').id).toBe(people.admin);
  expect(() => findPerson(homelab, 'nobody')).toThrow('robin, ada, sam');
});

it('shows markup as text', () => {
  const names = { person: () => 'robin', channel: () => 'media' };
  expect(showMrkdwn('*v8* at <!date^1700000000^{time}|14:02> by <@U1> in <#C1> &lt;b&gt; `x`', names)).toBe(
    'v8 at 14:02 by @robin in #media <b> x',
  );
  expect(showMrkdwn('<https://a.example|Guide> and <https://b.example>', names)).toBe(
    'Guide (https://a.example) and https://b.example',
  );
});
