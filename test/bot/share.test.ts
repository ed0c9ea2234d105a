import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { commands } from '../../commands/index.ts';
import { bech32 } from '../../src/core/key-pair/bech32.ts';
import { people } from '../../src/playground/slack/seed.ts';
import { type BotWorld, startBotWorld } from '../support/bot-world.ts';
import { askForForm, formText } from './ask.ts';

let world: BotWorld;
beforeAll(async () => {
  world = await startBotWorld();
});
afterAll(() => world.close());

/** Shares and private keys of age as people have them, of random bytes. */
function someSecrets(): readonly string[] {
  const share = randomBytes(33);
  const identity = bech32('age-secret-key-', randomBytes(32)).toUpperCase();
  return [share.toString('base64'), share.toString('hex'), share.toString('hex').toUpperCase(), identity];
}

/** Neither the log nor anything that the bot sent to anybody has it. */
function expectNowhere(share: string, since: number): void {
  const sent = JSON.stringify(world.transcript.slice(since));
  for (const form of [share, encodeURIComponent(share)]) {
    expect(sent).not.toContain(form);
    expect(world.log()).not.toContain(form);
  }
}

test.each(commands.map(({ name }) => name))(
  '/%s refuses a share and a private key behind it',
  async (name) => {
    for (const share of someSecrets()) {
      const since = world.transcript.length;
      const { text, good } = await world.say(`/${name} ${share}`);
      expect(good).toBe(false);
      expect(text).toContain('Treat it as exposed');
      expectNowhere(share, since);
    }
  },
);

test('a form refuses them in a field of free text, and finds nothing for one in a search', async () => {
  for (const share of someSecrets()) {
    const opened = await askForForm(world, '/secret rotate');
    const since = world.transcript.length;
    const { id: viewId, user } = opened;
    const found = await world.slack.suggest({ user, viewId, actionId: 'field:target', value: share });
    expect(found).toMatchObject({ kind: 'options', options: [] });
    await world.slack.submit({
      user: people.admin,
      viewId,
      values: { 'field:target': 'media/jellyfin', 'field:reason': share },
    });
    const refused = await world.slack.until(() => {
      const view = world.slack.modal(people.admin);
      return view !== undefined && formText(world, view).includes('Treat it as exposed') && view;
    }, 'the form to refuse it');
    expect(formText(world, refused)).toMatch(
      /looks like (an unseal share|the private key of an age recipient)/,
    );
    expectNowhere(share, since);
  }
});
