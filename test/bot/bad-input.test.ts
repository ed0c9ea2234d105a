import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { commands } from '../../commands/index.ts';
import { channels, people } from '../../src/playground/slack/seed.ts';
import { type BotWorld, startBotWorld } from '../support/bot-world.ts';
import { ask, askForForm, cardsOf, formText } from './ask.ts';

let world: BotWorld;
let mark = 0;

beforeAll(async () => {
  world = await startBotWorld();
});

afterAll(() => world.close());

beforeEach(() => {
  mark = world.transcript.length;
});

/** What the bot asked of Vault and Kubernetes that changes something. Looking at policies is done by dry runs. */
function effects(): readonly string[] {
  return (
    world.transcript
      .slice(mark)
      .filter(({ method, server }) => server !== 'slack' && !['GET', 'WS'].includes(method))
      .filter(({ url }) => !url.includes('dryRun=All') && !url.includes('/v1/auth/'))
      // Who leads, and what the watch keeps, is nothing that a line has to do with.
      .filter(
        ({ url, body }) =>
          !url.includes('/leases') || !/"chatelaine.dev\/role":"(leader|incident|reminders)"/.test(body),
      )
      .map(({ method, server, url }) => `${method} ${server} ${url}`)
  );
}

afterEach(() => {
  expect(effects()).toEqual([]);
});

/** Says a line; it must be answered by one card, for this person alone, that says what was wrong. */
async function refused(line: string, as?: string): Promise<string> {
  const before = new Set(cardsOf(world, as).map(({ ts }) => ts));
  const card = await ask(world, line, as === undefined ? {} : { as });
  const fresh = cardsOf(world, as).filter(({ ts }) => !before.has(ts));
  expect(fresh).toHaveLength(1);
  expect(card.state, card.text).toBe('failure');
  expect(card.entry.ephemeral).toBe(true);
  expect(card.text).not.toMatch(/\bat .*\.[jt]s:\d+|\[object |undefined|NaN|Zod|Error:/);
  return card.text;
}

const usage: Readonly<Record<string, string>> = {
  'secret rotate': '/secret rotate SECRET [PROPERTIES…]',
  'secret list': '/secret list [NAMESPACE]',
  'secret status': '/secret status SECRET',
  'secret uses': '/secret uses SECRET [PROPERTIES…]',
  'secret sync': '/secret sync SECRET',
  'secret policy':
    '/secret policy SECRET [PROPERTIES…] [--nature self-contained|two-sided|external] [--every TEXT]',
  'secret history': '/secret history SECRET',
  'secret set': '/secret set SECRET [PROPERTIES…]',
  'secret new': '/secret new NAME [PROPERTIES…] --category bootstrap|infrastructure|application|certificate',
  'secret remove': '/secret remove NAME [PROPERTIES…]',
  'secret freeze': '/secret freeze [SCOPE] --reason TEXT',
  'secret thaw': '/secret thaw [SCOPE]',
  'vault status': '/vault status',
  'vault unseal': '/vault unseal [REPLICA]',
  'vault doctor': '/vault doctor',
  'vault snapshot': '/vault snapshot',
  'vault readiness': '/vault readiness',
  'vault attest': '/vault attest WHAT',
};

test('every command is tried here', () => {
  expect(Object.keys(usage).toSorted()).toEqual(commands.map(({ name }) => name).toSorted());
});

describe.each(Object.entries(usage))('/%s', (name, form) => {
  test.each([
    ['an unknown flag', '--frobnicate', 'there is no flag “--frobnicate”'],
    ['an unknown flag with a value', '--frobnicate=1', 'there is no flag “--frobnicate”'],
    ['a hostile flag', '--<!channel>', 'there is no flag'],
    ['an unknown flag after words', 'media --dry-run', 'there is no flag “--dry-run”'],
  ])('%s is refused with the right form', async (_, words, why) => {
    const text = await refused(`/${name} ${words}`);
    expect(text).toContain(`/${name} was not run: `);
    expect(text).toContain(why);
    expect(text).toContain(form);
    expect(text).toContain(`For example: /${name}`);
    expect(text).toContain('Nothing changed.');
  });

  test('--help shows its form', async () => {
    const card = await ask(world, `/${name} --help`);
    expect(card.state).toBe('info');
    expect(card.text).toContain(form);
  });
});

/** Those that take the name of a secret that is there. */
const targeted = ['rotate', 'status', 'uses', 'sync', 'policy', 'history', 'set'].map(
  (name) => `secret ${name}`,
);

const hostileTargets: readonly (readonly [string, string])[] = [
  ['climbs out', '../../sys/policies/acl/root'],
  ['climbs within', 'media/../security'],
  ['ends a path', 'media/jellyfin?version=1'],
  ['begins a fragment', 'media/jellyfin#x'],
  ['is encoded', 'media%2F..%2Fsecurity'],
  ['has a third part', 'media/jellyfin/api-key'],
  ['is a slash', '/'],
  ['has an empty namespace', '/jellyfin'],
  ['has an empty name', 'media/'],
  ['is in upper case', 'MEDIA/JELLYFIN'],
  ['looks alike in Cyrillic', 'mediа/jellyfin'],
  ['looks alike at full width', 'media／jellyfin'],
  ['has a zero-width joiner', 'media/jelly\u200dfin'],
  ['turns the direction of reading', 'media/\u202enifyllej'],
  ['has a control character', 'media/jelly\u0007fin'],
  ['has an escape sequence', 'media/\u001b[31mjellyfin'],
  ['is a shell command', '$(reboot)'],
  ['is a shell list', 'media/jellyfin;reboot'],
  ['is a back-quote', '`reboot`'],
  ['is a template', '{{7*7}}${7*7}'],
  ['is a prototype', '__proto__/constructor'],
  ['notifies a channel', '<!channel>'],
  ['is a wildcard', 'media/*'],
  ['is 320 characters long', `media/${'a'.repeat(314)}`],
  ['is 3900 characters long', 'a'.repeat(3_900)],
];

describe('a hostile target', () => {
  test.each(hostileTargets)('that %s is refused by every command', async (_, target) => {
    for (const name of targeted) {
      const more = name === 'secret policy' ? ' api-key --nature external' : '';
      const text = await refused(`/${name} ${target}${more}`);
      expect(text).toMatch(
        /that is not the name of a secret|no ExternalSecret of that name|is longer than 320 characters|was not run/,
      );
      expect(text).toMatch(/Nothing changed\.|Nothing was read or changed\./);
      expect(text.length).toBeLessThan(900);
    }
    const shown = JSON.stringify(cardsOf(world).map(({ text, blocks }) => [text, blocks]));
    expect(shown).not.toMatch(/<!channel>|[\u202a-\u202e\u2066-\u2069\u200b-\u200f]|\\u00(?:07|1b)/);
  });

  test.each([['../x'], ['Media'], ['-media-'], ['a'.repeat(64)], ['media other'], ['*'], ['mediа']])(
    'is refused as a namespace too: %s',
    async (namespace) => {
      expect(await refused(`/secret list ${namespace}`)).toContain('/secret list was not run: ');
    },
  );
});

describe('wrong arguments', () => {
  test.each([
    ['/secret rotate media/jellyfin --length', '--length needs a value'],
    ['/secret rotate media/jellyfin --length ten', '--length must be a whole number from 1 to 1024'],
    ['/secret rotate media/jellyfin --length 0', '--length must be a whole number from 1 to 1024'],
    ['/secret rotate media/jellyfin --length -5', '--length must be a whole number from 1 to 1024'],
    ['/secret rotate media/jellyfin --length 1e9', '--length must be a whole number from 1 to 1024'],
    ['/secret rotate media/jellyfin --length 12.5', '--length must be a whole number from 1 to 1024'],
    ['/secret rotate media/jellyfin --length 99999999999999999999', '--length must be a whole number'],
    ['/secret rotate media/jellyfin --length 20 --length 30', '--length is given twice'],
    ['/secret rotate media/jellyfin --kind rsa', '--kind must be one of password, hex,'],
    ['/secret rotate media/jellyfin --kind=', '--kind must be one of password, hex,'],
    ['/secret rotate media/jellyfin --kind __proto__', '--kind must be one of password, hex,'],
    ['/secret rotate media/jellyfin --alphabet emoji', '--alphabet must be one of alphanumeric,'],
    ['/secret rotate media/jellyfin --restart=yes', '--restart takes no value'],
    ['/secret rotate media/jellyfin --restart --no-restart', '--restart is given twice'],
    ['/secret rotate media/jellyfin --no-length', 'there is no flag “--no-length”'],
    ['/secret rotate media/jellyfin --reason ""', '--reason is empty'],
    [`/secret rotate media/jellyfin --reason ${'x'.repeat(301)}`, '--reason is longer than 300 characters'],
    [
      '/secret rotate media/jellyfin --nature maybe',
      '--nature must be one of self-contained, two-sided, external',
    ],
    ['/secret rotate media/jellyfin ../other', 'Properties may hold letters, digits and . _ -'],
    ['/secret rotate media/jellyfin --target home/plex', 'there is no flag “--target”'],
    [`/secret rotate media/jellyfin ${'p '.repeat(60)}`, 'Properties are more than 50'],
    [`/secret rotate media/jellyfin ${'p '.repeat(250)}`, 'more than 200 words'],
    ['/secret rotate media/jellyfin --reason "open', 'a quote (") is opened and never closed'],
    ['/secret list media home', '“home” is one word too many'],
    ['/secret list --failing=no', '--failing takes no value'],
    ['/secret status media/jellyfin api-key', '“api-key” is one word too many'],
    ['/secret sync media/jellyfin now', '“now” is one word too many'],
    ['/secret policy media/jellyfin api-key --nature', '--nature needs a value'],
    ['/vault status please', '“please” is one word too many'],
    ['/secret rotate media/jellyfin --kind uuid --length 36', 'a uuid has no length to choose'],
    [
      '/secret rotate media/jellyfin --kind hex --alphabet symbols',
      'an alphabet is for passwords, not for hex',
    ],
    [
      '/secret rotate media/jellyfin --length 4',
      '4 characters of password are 23 bits, which can be guessed',
    ],
    ['/secret rotate media/jellyfin --kind base64 --length 43', 'base64 comes in fours'],
    ['/secret rotate media/jellyfin api_key', 'kv/media/jellyfin has no api_key'],
    ['/secret rotate media/sonarr', 'kv/sonarr has 2 properties, and none was named'],
    [
      '/secret rotate home/homarr',
      'it reads 2 paths: kv/media/jellyfin (api-key); kv/home/homarr (secret-key)',
    ],
  ])('%s', async (line, why) => {
    const text = await refused(line);
    expect(text).toContain(why);
    expect(text).toMatch(/Nothing changed\.|Nothing was run\./);
  });

  test.each([
    ['/secret frobnicate', 'There is no command “/secret frobnicate”'],
    ['/secret rotat media/jellyfin', 'Did you mean /secret rotate?'],
    ['/secret <!channel>', 'There is no command'],
    ['/secret \u202eetator', 'There is no command “/secret \\u{202e}etator”'],
    ['/vault rekey abcdef', 'There is no command “/vault rekey”'],
    ['/secret help frobnicate', 'There is no command “/secret frobnicate”'],
  ])('%s is no command', async (line, why) => {
    expect(await refused(line)).toContain(why);
  });

  test('more than Slack lets anybody type is not read at all', async () => {
    const text = await refused(`/secret rotate ${'a '.repeat(2_100)}`);
    expect(text).toContain('and 4000 are the most');
    expect(text).toContain('Nothing was run.');
  });
});

describe('nothing where something is needed', () => {
  test.each([
    ['/secret rotate', 'Choose: Secret.'],
    ['/secret status', 'Choose: Secret.'],
    ['/secret uses', 'Choose: Secret.'],
    ['/secret sync', 'Choose: Secret.'],
    ['/secret policy', 'Choose: Secret.'],
    ['/secret policy media/jellyfin', 'Choose: Every.'],
    ['/secret new', 'Choose: Category, Name.'],
    ['/secret remove', 'Choose: Name.'],
    ['/secret sync plex', '2 secrets have that name: home/plex, media/plex'],
  ])('%s opens the form', async (line, why) => {
    expect(formText(world, await askForForm(world, line))).toContain(why);
    await world.slack.closeView({ user: people.admin, all: true });
  });

  test('and where Slack opens no form, the card shows the right one', async () => {
    world.slack.faults.failing['views.open'] = 'expired_trigger_id';
    const text = await refused('/secret rotate');
    delete world.slack.faults.failing['views.open'];
    expect(text).toContain('/secret rotate was not run: Secret is missing');
    expect(text).toContain('/secret rotate SECRET [PROPERTIES…]');
  });
});

describe('who is no member', () => {
  test.each([
    ['a guest', people.guest],
    ['somebody of another workspace', people.stranger],
    ['another bot', people.otherBot],
  ])('%s is refused whatever they ask', async (_, person) => {
    for (const line of ['/secret list', '/secret rotate media/jellyfin', '/secret help', '/vault status']) {
      const before = world.slack.history.length;
      await world.slack.say({ user: person, channel: channels.platform, text: line });
      const told = await world.slack.until(
        () => world.slack.history.slice(before).find(({ onlyFor }) => onlyFor === person),
        'the refusal',
      );
      expect(told.versions[0]?.text).toContain('Only full members of this workspace are served');
      expect(JSON.stringify(told)).not.toContain('jellyfin');
    }
  });

  test('somebody who was deactivated is refused, though a channel still lists them', async () => {
    world.slack.setMember(channels.platform, people.deactivated, true);
    const text = await refused('/secret list', people.deactivated);
    expect(text).toContain('Only full members of this workspace are served');
  });

  test('a member without a grant is told whom to ask', async () => {
    const text = await refused('/secret rotate media/jellyfin', people.viewer);
    expect(text).toContain('You may not rotate');
    expect(text).toContain('Ask one of @platform-admins, @media-team');
  });

  test('who may not look into a namespace is not told what is in it', async () => {
    const there = await refused('/secret rotate security/oauth2-proxy', people.requester);
    const notThere = await refused('/secret rotate security/no-such', people.requester);
    const strip = (text: string): string => text.replace(/Request \w+/, '');
    expect(strip(there)).toBe(strip(notThere));
  });
});
