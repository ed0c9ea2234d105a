import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { channels, people } from '../../src/playground/slack/seed.ts';
import { type BotWorld, startBotWorld } from '../support/bot-world.ts';
import { type App, withApps } from './apps.ts';
import { ask, cardsOf, press, pressAndSee } from './ask.ts';

const apps: readonly App[] = [
  { name: 'quiet', alsoReadIn: 'home' },
  { name: 'mounted', uses: 'volume' },
  { name: 'shapes', properties: { token: 'self-contained' }, uses: 'nothing' },
  { name: 'reasoned', properties: { first: 'self-contained', second: 'self-contained' }, uses: 'nothing' },
  { name: 'unsaid', properties: { key: '?' }, uses: 'nothing' },
  { name: 'database', properties: { password: '?' }, uses: 'nothing' },
  { name: 'twice', uses: 'nothing' },
  { name: 'thrice', uses: 'nothing' },
  { name: 'contested' },
  { name: 'often', uses: 'nothing' },
  { name: 'paused', uses: 'nothing' },
];

let world: BotWorld;

beforeAll(async () => {
  world = await startBotWorld(withApps(apps));
});

afterAll(() => world.close());

function valueOf(path: string, property: string): unknown {
  return world.vault.read(path)?.data[property];
}

function generationOf(namespace: string, name: string): number | undefined {
  return world.kubernetes.object('Deployment', namespace, name)?.metadata.generation;
}

/** Requests of the bot that changed something of this kind, dry runs left out. */
function writesOf(method: string, part: string): readonly string[] {
  return world.transcript
    .filter((each) => each.method === method && each.url.includes(part) && !each.url.includes('dryRun'))
    .map(({ url }) => url);
}

describe('a rotation', () => {
  test('shows what it will touch, then each step as it was observed, and ends with the proof', async () => {
    const before = { path: valueOf('media/jellyfin', 'api-key'), homarr: generationOf('home', 'homarr') };
    const card = await ask(world, '/secret rotate media/jellyfin api-key', { as: people.requester });

    expect(card.text.split('\n')[0]).toMatch(
      /^✓ api-key of media\/jellyfin: v8 is live in 2 ExternalSecrets, 1 of 1 workloads restarted, \d+(?:\.\d)? m?s$/,
    );
    const steps = card.text.split('\n').filter((line) => /^ {2}[✓–]/.test(line));
    expect(steps.map((line) => line.replace(/ {3}[\d.]+ m?s$/, '').trim())).toEqual([
      '✓ Vault wrote v8, was v7',
      '✓ home/homarr Ready with v8',
      '✓ media/jellyfin Ready with v8',
      "– Deployment home/homarr mounts it as a volume: delivered within the kubelet's sync, not observed",
      '✓ Deployment media/jellyfin restarted and ready (1 replica)',
    ]);
    expect(card.text).toContain('asked by @robin');
    expect(card.text).toContain('The previous version is v7.');

    const value = valueOf('media/jellyfin', 'api-key');
    expect(value).not.toBe(before.path);
    expect(value).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(world.kubernetes.secretValue('media', 'jellyfin-secret', 'api-key')).toBe(value);
    expect(world.kubernetes.secretValue('home', 'homarr-secret', 'JELLYFIN_API_KEY')).toBe(value);
    expect(generationOf('home', 'homarr')).toBe(before.homarr);
    // One message, and everybody in the channel sees it.
    expect(cardsOf(world, people.viewer).filter(({ text }) => text.includes('media/jellyfin'))).toHaveLength(
      1,
    );
  });

  test('its first state names who reads and who uses it, before anything was written', () => {
    const message = world.slack.history.find(({ versions }) => versions[0]?.text.includes('media/jellyfin'));
    const first = JSON.stringify(message?.versions[0]?.blocks);
    expect(message?.versions[0]?.text).toBe('● Rotating api-key of media/jellyfin');
    expect(first).toContain('home/homarr, media/jellyfin (External Secrets, this cluster)');
    expect(first).toContain('Deployment home/homarr (volume), Deployment media/jellyfin (env)');
    expect(first).toContain('· write kv/media/jellyfin, now v7');
    expect(first).not.toContain('Vault wrote');

    const posted = world.transcript.findIndex(({ url }) => url.endsWith('chat.postMessage'));
    const written = world.transcript.findIndex(
      ({ method, url }) => method === 'PATCH' && url.includes('/kv/data/'),
    );
    expect(posted).toBeGreaterThan(-1);
    expect(posted).toBeLessThan(written);
  });

  test('names whoever asked to Vault and to Kubernetes, and keeps a record in custom_metadata', () => {
    const [write] = world.transcript.filter(
      ({ method, url }) => method === 'PATCH' && url.includes('/kv/data/media/jellyfin'),
    );
    expect(write?.headers['x-chatelaine-actor']).toBe(people.requester);
    expect(write?.headers['x-chatelaine-request']).toMatch(/^[0-9a-f]{8}$/);
    const custom = world.vault.custom('media/jellyfin');
    expect(custom['chatelaine-versions']).toMatch(
      new RegExp(`^v8=${people.requester}\\|[0-9a-f]{8}\\|\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ,v7=`),
    );
    expect(custom).toMatchObject({
      'chatelaine-proven': 'v8',
      'chatelaine-recipes': 'api-key=password:32:alphanumeric',
      owner: 'media',
    });
  });

  test('watches what Reloader restarts, does not restart it again, and leaves siblings alone', async () => {
    const sibling = valueOf('sonarr', 'SONARR_DB_PASSWORD');
    const before = generationOf('media', 'sonarr') ?? 0;
    const card = await ask(world, '/secret rotate media/sonarr SONARR_API_KEY');
    expect(card.state).toBe('success');
    expect(card.text).toContain('Deployment media/sonarr restarted by Reloader and ready (1 replica)');
    expect(generationOf('media', 'sonarr')).toBe(before + 1);
    expect(writesOf('PATCH', '/deployments/sonarr')).toEqual([]);
    expect(valueOf('sonarr', 'SONARR_DB_PASSWORD')).toBe(sibling);
    const [write] = world.transcript.filter(
      ({ method, url }) => method === 'PATCH' && url.includes('/kv/data/sonarr'),
    );
    expect(Object.keys((JSON.parse(write?.body ?? '{}') as { data: object }).data)).toEqual([
      'SONARR_API_KEY',
    ]);
  });

  test('restarts nothing with --no-restart, and what only mounts it with --restart', async () => {
    const before = generationOf('media', 'quiet') ?? 0;
    const quiet = await ask(world, '/secret rotate media/quiet --no-restart');
    expect(quiet.text).toContain('v2 is live in 2 ExternalSecrets, no workload to restart');
    expect(quiet.text).toContain('Deployment media/quiet not restarted, as asked');
    expect(generationOf('media', 'quiet')).toBe(before);

    const mounted = generationOf('media', 'mounted') ?? 0;
    const card = await ask(world, '/secret rotate mounted --restart');
    expect(card.text).toContain('v2 is live in 1 ExternalSecret, 1 of 1 workloads restarted');
    expect(generationOf('media', 'mounted')).toBe(mounted + 1);
  });

  test.each([
    ['--kind hex --length 48', /^[0-9a-f]{48}$/],
    ['', /^[0-9a-f]{48}$/],
    ['--kind uuid', /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/],
    ['--kind password --alphabet symbols --length 64', /^[A-Za-z0-9\-._~!#%&()*+,/:;<=>?@[\]^{|}]{64}$/],
    ['--length=40', /^[A-Za-z0-9\-._~!#%&()*+,/:;<=>?@[\]^{|}]{40}$/],
  ])('makes what is asked for, and else what it made last: %s', async (flags, form) => {
    const card = await ask(world, `/secret rotate media/shapes token ${flags}`);
    expect(card.state).toBe('success');
    expect(valueOf('media/shapes', 'token')).toMatch(form);
    expect(world.kubernetes.secretValue('media', 'shapes-secret', 'token')).toBe(
      valueOf('media/shapes', 'token'),
    );
  });

  test('rotates several properties as one version, and shows the reason', async () => {
    const before = world.slack.history.length;
    const card = await ask(
      world,
      '/secret rotate media/reasoned first second --reason "laptop lost, <!channel> *now*"',
    );
    expect(card.text).toContain('✓ first, second of media/reasoned: v2 is live in 1 ExternalSecret');
    const [message] = world.slack.history.slice(before);
    const first = JSON.stringify(message?.versions[0]?.blocks);
    expect(first).toContain('*Reason*  laptop lost, @channel ∗now∗');
    expect(JSON.stringify(message)).not.toContain('<!channel>');
  });
});

describe('what is not rotated by one click', () => {
  test.each([
    [
      'home/paperless db-password',
      'home/paperless',
      'is two-sided: a database or an API has it too, and changing only Vault would lock the app out',
      'then bring the new value: /secret set home/paperless db-password.',
    ],
    [
      'network/cloudflared',
      'network/cloudflared',
      'is external: somebody gave it to us, and a value of our own making would not be accepted there',
      'Ask whoever issues it for a new one',
    ],
  ])('%s is refused with the reason and the way that fits it', async (words, path, why, next) => {
    const before = world.vault.read(path);
    const card = await ask(world, `/secret rotate ${words}`);
    expect(card.state).toBe('failure');
    expect(card.entry.ephemeral).toBe(true);
    expect(card.text).toContain(why);
    expect(card.text).toContain('Nothing changed.');
    expect(card.text).toContain(next);
    expect(world.vault.read(path)).toEqual(before);
  });

  test('an unknown nature is asked once: a button says it, it rotates, and it is remembered', async () => {
    const question = await ask(world, '/secret rotate unsaid');
    expect(question.text).toContain('Before media/unsaid is rotated: where else does key live?');
    expect(question.text).toContain('Nothing changed yet.');
    expect(world.vault.read('media/unsaid')?.version).toBe(1);

    const card = await pressAndSee(world, question.entry, 'Only Vault has it: rotate');
    expect(card.text).toContain('✓ key of media/unsaid: v2 is live');
    expect(world.vault.custom('media/unsaid')['chatelaine-natures']).toBe('key=self-contained');
    expect((await ask(world, '/secret rotate unsaid')).text).toContain('v3 is live');
  });

  test('the other answers are remembered too, and refuse', async () => {
    const question = await ask(world, '/secret rotate media/database');
    const card = await pressAndSee(world, question.entry, 'A database or an API has it too');
    expect(card.text).toContain('password of media/database: two-sided, remembered with kv/media/database');
    expect((await ask(world, '/secret rotate media/database')).text).toContain('is two-sided: a database');
    expect(world.vault.read('media/database')?.version).toBe(1);
  });
});

describe('limits', () => {
  test('a path is rotated half as often a day as it keeps versions, and the last proven one is named', async () => {
    for (let version = 2; version <= 6; version += 1) {
      expect((await ask(world, '/secret rotate often')).text).toContain(`v${version} is live`);
    }
    const card = await ask(world, '/secret rotate often');
    expect(card.state).toBe('failure');
    expect(card.text).toContain('it was rotated 5 times in 24 hours');
    expect(card.text).toContain('The limit is 5');
    expect(card.text).toContain('The last proven version is v6.');
    expect(world.vault.read('media/often')?.version).toBe(6);
  });

  test('two rotations of one path have a pause between them', async () => {
    const slow = await startBotWorld({ ...withApps(apps), limits: { pauseSeconds: 60 } });
    try {
      expect((await ask(slow, '/secret rotate paused')).state).toBe('success');
      const card = await ask(slow, '/secret rotate paused');
      expect(card.text).toMatch(/Rotating media\/paused: it was rotated \d+(?:\.\d)? m?s ago as v2/);
      expect(card.text).toContain('Two rotations of one path are at least 60 s apart');
      expect(slow.vault.read('media/paused')?.version).toBe(2);
    } finally {
      await slow.close();
    }
  });
});

describe('asked twice', () => {
  test.each([
    ['same', 'twice'],
    ['other', 'thrice'],
  ] as const)('an envelope that is delivered again over the %s connection runs once', async (how, name) => {
    const before = cardsOf(world).length;
    world.slack.faults.duplicate = how;
    const card = await ask(world, `/secret rotate media/${name}`);
    world.slack.faults.duplicate = false;
    expect(card.text).toContain('v2 is live');
    await ask(world, '/secret help');
    expect(world.vault.read(`media/${name}`)?.version).toBe(2);
    expect(cardsOf(world)).toHaveLength(before + 2);
  });

  test('two replicas and one secret at the same moment: one works, the other says who is at it', async () => {
    const replica = await world.startReplica();
    world.vault.faults.slow = 30;
    const own = ask(world, '/secret rotate contested', { as: people.requester, about: 'contested' });
    const [first] = await Promise.all([
      own,
      ask(world, '/secret rotate contested', { as: people.admin, about: 'contested' }),
    ]);
    world.vault.faults.slow = 0;
    const all = [people.requester, people.admin]
      .flatMap((person) => cardsOf(world, person))
      .filter((entry) => JSON.stringify(entry.blocks).includes('contested'));
    const texts = all.map(({ text }) => text);
    expect(world.vault.read('media/contested')?.version).toBe(2);
    expect(texts.filter((text) => text.includes('v2 is live')).length).toBeGreaterThan(0);
    const refused = texts.filter((text) => text.includes('is at it: rotating media/contested, since'));
    expect(refused).toHaveLength(1);
    expect(refused[0]).toMatch(/^✗ Rotating media\/contested: @(?:robin|ada) is at it/);
    expect(first.text).toContain('contested');
    await replica.close();
    await world.slack.until(() => world.slack.connections === 2, 'the connections of one replica');
  });
});

describe('a button', () => {
  test('works with the rights of whoever presses it', async () => {
    const card = await ask(world, '/secret rotate home/homarr secret-key', { as: people.requester });
    expect(card.state).toBe('success');
    const status = await pressAndSee(world, card.entry, 'Status', { as: people.viewer });
    expect(status.text).toContain('home/homarr is Ready');
    expect(status.entry.ephemeral).toBe(true);

    const before = world.kubernetes.object('ExternalSecret', 'home', 'homarr')?.metadata.annotations;
    const refused = await pressAndSee(world, status.entry, 'Sync now', { as: people.viewer });
    expect(refused.text).toContain('✗ You may not sync');
    expect(refused.text).toContain('Nothing was read or changed.');
    expect(refused.text).toContain('Ask one of @platform-admins, @media-team');
    expect(refused.text).toContain('The rules are grants[0], grants[1]');
    expect(world.kubernetes.object('ExternalSecret', 'home', 'homarr')?.metadata.annotations).toEqual(before);
  });

  test('pressed twice in a hurry is two requests, each with its own answer', async () => {
    const status = await ask(world, '/secret status media/twice', { channel: channels.media });
    const before = cardsOf(world).length;
    await Promise.all([press(world, status.entry, 'Uses'), press(world, status.entry, 'Uses')]);
    await world.slack.until(() => cardsOf(world).length === before + 2, 'both answers');
  });
});

test('who has the right elsewhere is told where not, and whom to ask', async () => {
  const before = world.vault.read('security/oauth2-proxy');
  const card = await ask(world, '/secret rotate security/oauth2-proxy cookie-secret', {
    as: people.requester,
  });
  expect(card.text).toContain('✗ You may not rotate in security');
  expect(card.text).toContain('Ask one of @platform-admins');
  expect(card.entry.ephemeral).toBe(true);
  expect(world.vault.read('security/oauth2-proxy')).toEqual(before);
});
