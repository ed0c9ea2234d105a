import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { commands } from '../../commands/index.ts';
import { people } from '../../src/playground/slack/seed.ts';
import { type BotWorld, startBotWorld } from '../support/bot-world.ts';
import { askForForm, formText } from './ask.ts';

let world: BotWorld;
beforeAll(async () => {
  world = await startBotWorld();
});
afterAll(() => world.close());

/** Shares as people have them, of random bytes. */
function someShares(): readonly string[] {
  const share = randomBytes(33);
  return [share.toString('base64'), share.toString('hex'), share.toString('hex').toUpperCase()];
}

/** Neither the log nor anything that the bot sent to anybody has it. */
function expectNowhere(share: string, since: number): void {
  const sent = JSON.stringify(world.transcript.slice(since));
  for (const form of [share, encodeURIComponent(share)]) {
    expect(sent).not.toContain(form);
    expect(world.log()).not.toContain(form);
  }
}

test.each(commands.map(({ name }) => name))('/%s refuses a share behind it', async (name) => {
  for (const share of someShares()) {
    const since = world.transcript.length;
    const { text, good } = await world.say(`/${name} ${share}`);
    expect(good).toBe(false);
    expect(text).toContain('Treat it as exposed');
    expectNowhere(share, since);
  }
});

test('a form refuses a share in a field of free text, and finds nothing for one in a search', async () => {
  for (const share of someShares()) {
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
      return view !== undefined && formText(world, view).includes('unseal share') && view;
    }, 'the form to refuse it');
    expect(formText(world, refused)).toContain('Treat it as exposed');
    expectNowhere(share, since);
  }
});
