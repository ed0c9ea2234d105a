import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { people } from '../../src/playground/slack/seed.ts';
import type { OpenView } from '../../src/playground/slack/shapes.ts';
import { type BotWorld, startBotWorld } from '../support/bot-world.ts';
import { withApps } from './apps.ts';
import { ask, askForForm, formText, nextCard } from './ask.ts';

let world: BotWorld;

beforeAll(async () => {
  world = await startBotWorld(
    withApps([{ name: 'formed', properties: { first: 'self-contained', second: 'self-contained' } }]),
  );
});

afterAll(() => world.close());

async function search(view: OpenView, actionId: string, value: string): Promise<readonly string[]> {
  const found = await world.slack.suggest({ user: view.user, viewId: view.id, actionId, value });
  expect(found.kind).toBe('options');
  return found.options.map((option) => option.value);
}

test('/secret rotate without words: search, choose, mend what is wrong, rotate', async () => {
  const opened = await askForForm(world, '/secret rotate');
  expect(formText(world, opened)).toContain('Choose: Secret.');
  expect(await search(opened, 'field:target', 'FORM')).toEqual(['media/formed']);
  expect(await search(opened, 'field:target', 'no such thing')).toEqual([]);

  // Choosing a target is told at once: the properties that can be chosen are its own.
  await world.slack.press({
    user: people.admin,
    viewId: opened.id,
    actionId: 'field:target',
    value: 'media/formed',
  });
  const narrowed = await world.slack.until(() => {
    const view = world.slack.modal(people.admin);
    return view !== undefined && view.hash !== opened.hash && view;
  }, 'the form to follow');
  expect(await search(narrowed, 'field:properties', '')).toEqual(['first', 'second']);

  const values = { 'field:target': 'media/formed', 'field:properties': ['second'] };
  const wrong = await world.slack.submit({
    user: people.admin,
    values: { ...values, 'field:length': '3000' },
  });
  expect(wrong.kind).toBe('incomplete');
  const short = await world.slack.submit({ user: people.admin, values: { ...values, 'field:length': '4' } });
  expect(short.kind).toBe('acknowledged');
  await world.slack.until(() => world.slack.modal(people.admin) === undefined, 'the form to close');

  const again = await askForForm(world, '/secret rotate');
  const before = world.vault.read('media/formed');
  const answer = nextCard(world, { about: 'second of media/formed' });
  await world.slack.submit({
    user: people.admin,
    viewId: again.id,
    values: { ...values, 'field:length': '24' },
  });
  const card = await answer('the form');
  expect(card.text).toContain('✓ second of media/formed: v2 is live in 1 ExternalSecret');
  expect(world.vault.read('media/formed')?.data['first']).toBe(before?.data['first']);
  expect(world.vault.read('media/formed')?.data['second']).toMatch(/^[A-Za-z0-9]{24}$/);
  expect(world.slack.modal(people.admin)).toBeUndefined();
});

test('a name that two secrets have opens the form with those two', async () => {
  const opened = await askForForm(world, '/secret rotate plex');
  expect(formText(world, opened)).toContain('2 secrets have that name: home/plex, media/plex.');
  expect(await search(opened, 'field:target', '')).toEqual(['home/plex', 'media/plex']);
  const answer = nextCard(world);
  await world.slack.submit({ user: people.admin, values: { 'field:target': 'home/plex' } });
  expect((await answer('the form')).text).toContain('api-key of home/plex: v2 is live');
});

test('what the form can not hold is refused at its field', async () => {
  await askForForm(world, '/secret rotate plex');
  const seen = await world.slack
    .submit({
      user: people.admin,
      values: { 'field:target': 'plex' },
    })
    .catch((error: Error) => error.message);
  // The bare name is still filled in: it is as ambiguous as before, and said so at its field.
  const view = world.slack.modal(people.admin);
  expect(typeof seen).toBe('object');
  expect(Object.values(view?.errors ?? {}).join()).toContain(
    '2 secrets have that name: home/plex, media/plex',
  );
  await world.slack.closeView({ user: people.admin, all: true });
});

test('somebody who may look only finds what they may see, and is refused when they send it', async () => {
  const opened = await askForForm(world, '/secret rotate', people.viewer);
  expect(await search(opened, 'field:target', 'formed')).toEqual(['media/formed']);
  const before = world.vault.read('media/formed')?.version;
  await world.slack.submit({ user: people.viewer, values: { 'field:target': 'media/formed' } });
  await world.slack.until(
    () =>
      JSON.stringify(world.slack.modal(people.viewer)?.definition ?? '').includes('may not rotate') ||
      world.slack.history.some(
        ({ onlyFor, versions }) => onlyFor === people.viewer && versions[0]?.text.includes('may not rotate'),
      ),
    'the refusal',
  );
  expect(world.vault.read('media/formed')?.version).toBe(before);
});

describe('/secret new', () => {
  /** The labels of the fields that are shown, in their order. */
  const labels = (view: OpenView): readonly string[] =>
    formText(world, view)
      .split('\n')
      .flatMap((line) => /^ {2}([A-Z][\w ]+?)(?: \(optional\))?:/.exec(line)?.[1] ?? [])
      .filter((label) => label !== 'Choose');

  /** Chooses as the person does, with what else was put in, and waits until the form has followed. */
  async function choose(key: string, value: string, values: Record<string, string> = {}): Promise<OpenView> {
    const { hash, id } = world.slack.modal(people.admin) ?? {};
    const pressed = { user: people.admin, actionId: `field:${key}`, value, values };
    await world.slack.press({ ...pressed, ...(id === undefined ? {} : { viewId: id }) });
    return world.slack.until(() => {
      const view = world.slack.modal(people.admin);
      return view !== undefined && view.hash !== hash && view;
    }, 'the form to follow');
  }

  test('asks for the category first, and then for what that category needs', async () => {
    const opened = await askForForm(world, '/secret new');
    expect(labels(opened)).toEqual(['Category', 'Name', 'Reason']);
    const [category] = opened.definition.blocks.filter(({ type }) => type === 'input');
    expect(JSON.stringify(category)).toContain('"type":"radio_buttons"');
    expect(JSON.stringify(category)).toMatch(/in Git, encrypted .*in Vault: .*with cert-manager/);
    const typed = { 'field:target': 'media/jellyseerr', 'field:reason': 'the new app' };
    const certificate = await choose('category', 'certificate', typed);
    expect(labels(certificate)).toEqual(['Category', 'Name', 'DNS names', 'Reason']);
    const application = await choose('category', 'application');
    expect(labels(application)).toEqual([
      'Category',
      'Name',
      'Properties',
      'Kind',
      'Length',
      'Alphabet',
      'Brought by you',
      'Reason',
    ]);
    expect(formText(world, application)).toContain('Kind (optional): password');
    // What was put in before is still there.
    expect(formText(world, application)).toContain('Name: media/jellyseerr');
    expect(formText(world, application)).toContain('Reason (optional): the new app');
    expect(labels(await choose('kind', 'uuid'))).toEqual([
      'Category',
      'Name',
      'Properties',
      'Kind',
      'Brought by you',
      'Reason',
    ]);
    await choose('kind', 'hex');

    const without = await world.slack.submit({ user: people.admin });
    expect(without.kind).toBe('incomplete');
    const answer = nextCard(world, { about: 'waits for a second person', deadlineMs: 60_000 });
    await world.slack.submit({ user: people.admin, values: { 'field:properties': 'api-key' } });
    expect((await answer('the form')).text).toContain('api-key of media/jellyseerr');
    expect(world.vault.read('media/jellyseerr')?.data['api-key']).toMatch(/^[0-9a-f]{64}$/);
  }, 90_000);

  test('fills in what is known', async () => {
    const opened = await askForForm(world, '/secret new home/vikunja api-key db-password --reason new');
    expect(formText(world, opened)).toContain('Choose: Category.');
    expect(labels(opened)).toEqual(['Category', 'Name', 'Properties', 'Reason']);
    const chosen = await choose('category', 'infrastructure');
    expect(formText(world, chosen)).toMatch(/Name: home\/vikunja\n.*Properties: api-key\n? *db-password/);
    await world.slack.closeView({ user: people.admin, all: true });
  });

  test('lets go of a field that has no meaning any more', async () => {
    await askForForm(world, '/secret new home/vikunja api-key');
    const certificate = await choose('category', 'certificate');
    expect(labels(certificate)).toEqual(['Category', 'Name', 'DNS names', 'Reason']);
    const answer = nextCard(world, { about: 'not a name' });
    const sent = await world.slack.submit({
      user: people.admin,
      values: { 'field:dns': 'not a name', 'field:target': 'home/vikunja' },
    });
    expect(sent.kind).toBe('acknowledged');
    expect((await answer('the form')).state).toBe('failure');
  });
});

test('the other commands ask for what is missing, and answer to the person alone', async () => {
  for (const line of ['/secret status', '/secret uses', '/secret sync', '/secret policy media/formed']) {
    const view = await askForForm(world, line, people.requester);
    expect(formText(world, view)).toContain(`[${line.split(' ').slice(0, 2).join(' ')}]`);
    await world.slack.closeView({ user: people.requester, all: true });
  }
  const { entry } = await ask(world, '/secret status media/formed', { as: people.requester });
  expect(entry.ephemeral).toBe(true);
});
