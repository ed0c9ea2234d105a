import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { commands } from '../../commands/index.ts';
import { loadConfiguration } from '../../src/config/load-configuration.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { Dispatcher } from '../../src/core/dispatcher.ts';
import { keyPairKinds } from '../../src/core/key-pair/kinds.ts';
import { createLog } from '../../src/logging.ts';
import { pageOnLoopback } from '../../src/playground/page-on-loopback.ts';
import { app, channels, people } from '../../src/playground/slack/seed.ts';
import { waitFor } from '../../src/playground/wait-for.ts';
import { startTerminal, type Terminal } from '../../src/start.ts';
import { type BotWorld, startBotWorld } from '../support/bot-world.ts';
import { type App, withApps } from './apps.ts';
import { askForForm } from './ask.ts';
import { keepObjects, keptPlaces, ownTokens, receivedPlaces, secretValues } from './everywhere.ts';
import { formsOf, hunt, type Place, type Quarry } from './hunt.ts';

/*
 * Every command is driven, in calm and with every fault, where all secret values are known; then they are looked for
 * in every encoding, everywhere but where they belong. At the end leaks are planted, to show that they are found.
 */

// Before anything is imported that would read it: libraries that can talk are to talk.
vi.hoisted(() => {
  process.env['DEBUG'] = '*';
});

type Faults = Readonly<Record<string, (world: BotWorld) => () => void>>;

const faults: Faults = {
  calm: () => () => undefined,
  sealed: ({ vault }) => {
    for (const { name } of vault.replicas) vault.seal(name);
    return () => vault.replicas.forEach(({ name }) => vault.unseal(name));
  },
  'vault-down': ({ vault }) => switched(vault.faults, 'down'),
  'vault-denied': ({ vault }) => switched(vault.faults, 'denied'),
  expired: ({ vault }) => {
    vault.expireTokens();
    return () => undefined;
  },
  conflict: ({ vault }) => counted(vault.faults, 'conflict', 1),
  'lost-write': ({ vault }) => counted(vault.faults, 'loseAnswer', 1),
  'cluster-down': ({ kubernetes }) => switched(kubernetes.faults, 'down'),
  'cluster-denied': ({ kubernetes }) => switched(kubernetes.faults, 'denied'),
  'cluster-conflict': ({ kubernetes }) => counted(kubernetes.faults, 'conflict', 3),
  'no-journal': ({ kubernetes }) => switched(kubernetes.faults, 'leaseWritesFail'),
  'no-policy': ({ kubernetes }) => switched(kubernetes.faults, 'noAdmissionPolicy'),
  'store-denied': ({ kubernetes }) => switched(kubernetes.faults, 'storeDenied'),
  frozen: ({ kubernetes }) => member(kubernetes.faults.frozenExternalSecrets, 'media/frozen'),
  stuck: ({ kubernetes }) => member(kubernetes.faults.stuckRollouts, 'media/stuck'),
  'git-denied': ({ forge }) => member(forge.faults.lacks, 'contents'),
  'git-lost': ({ forge }) => counted(forge.faults, 'loseAnswer', 1),
  'lost-post': ({ slack }) => counted(slack.faults, 'loseAnswer', 1),
  limited: ({ slack }) => counted(slack.faults, 'rateLimited', 1),
  'bad-blocks': ({ slack }) => {
    slack.faults.failing['chat.postMessage'] = 'invalid_blocks';
    slack.faults.failing['views.open'] = 'expired_trigger_id';
    return () => {
      slack.faults.failing = {};
    };
  },
};

/** Where a rotation waits for its deadline: once is enough. */
const patient = new Set(['sealed', 'store-denied', 'frozen', 'stuck']);

function switched<Key extends string>(of: Record<Key, boolean>, key: Key): () => void {
  of[key] = true;
  return () => {
    of[key] = false;
  };
}

function counted<Key extends string>(of: Record<Key, number>, key: Key, times: number): () => void {
  of[key] = times;
  return () => {
    of[key] = 0;
  };
}

function member<Name extends string>(of: Set<Name>, name: Name): () => void {
  of.add(name);
  return () => of.delete(name);
}

function rotationOf(name: string): string {
  return `/secret rotate media/${name} api-key --kind password --alphabet symbols --reason "found in a log"`;
}

/** Until its command has ended, whatever could be shown of it. */
async function rotate(name: string): Promise<void> {
  const ended = (): number =>
    world.log().match(/"command":"secret rotate".*"msg":"command (?:ended|failed)"/g)?.length ?? 0;
  const before = ended();
  await world.slack.say({ user: people.admin, channel: channels.platform, text: rotationOf(name) });
  await waitFor(() => ended() > before, `the rotation with ${name}`, 60_000);
}

/** Everything else that a person can ask about this secret; all of it is asked for at the same time. */
function linesFor(name: string): readonly string[] {
  const target = `media/${name}`;
  return [
    `/secret sync ${target}`,
    `/secret rotate ${target} --length 4`,
    `/secret status ${target}`,
    `/secret uses ${target}`,
    `/secret set ${target} api-key --reason "the vendor's"`,
    `/secret policy ${target} other --nature external`,
    `/secret policy ${target} api-key --nature self-contained`,
    '/secret list media --failing',
    `/secret help rotate`,
    '/secret frobnicate',
    `/secret history ${target}`,
    `/secret new media/${name}-new api-key --category application --reason canary`,
    `/secret remove ${target} --confirm --reason canary`,
    ...(bringing.includes(name) ? broughtLines(name) : []),
    '/vault status',
    '/vault unseal',
    '/vault doctor',
    '/vault readiness',
    '/vault attest age-key --note seen',
    '/vault snapshot',
  ];
}

/** Faults over which new secrets are brought and paired: each of them pushes to Git, which takes its time. */
const bringing: readonly string[] = ['calm', 'vault-denied', 'lost-write', 'cluster-conflict', 'bad-blocks'];

function broughtLines(name: string): readonly string[] {
  const kind = pairKinds[bringing.indexOf(name)];
  return [
    `/secret new media/${name}-pair identity --category application --kind ${kind}`,
    `/secret new media/${name}-typed api-key --category application --kind typed --reason "the vendor's"`,
    `/secret new media/${name}-file api-key --category bootstrap --kind typed`,
  ];
}

const pairKinds = keyPairKinds.filter((kind) => !kind.startsWith('rsa'));

const apps: readonly App[] = Object.keys(faults).map((name) => ({
  name,
  properties: { 'api-key': 'self-contained', other: '?' },
}));

const written: string[] = [];
let world: BotWorld;
let objects: ReturnType<typeof keepObjects>;
let terminal: Terminal;
let terminalLog = '';
const returned: string[] = [];

function keepOutput(): void {
  const keep = (chunk: unknown): boolean => {
    written.push(typeof chunk === 'string' ? chunk : String(chunk));
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(keep);
  vi.spyOn(process.stderr, 'write').mockImplementation(keep);
  for (const level of ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir'] as const) {
    vi.spyOn(console, level).mockImplementation((...said: unknown[]) => {
      keep(inspect(said, { depth: 12, showHidden: true }));
    });
  }
}

beforeAll(async () => {
  keepOutput();
  world = await startBotWorld({
    ...withApps(apps),
    timing: { storeRetryMs: 100, backoffMs: 100, progressDeadlineMs: 300 },
    limits: { syncSeconds: 1, rolloutSeconds: 1 },
    configuration: { operations: { leaseSeconds: 20 }, ...(await pageOnLoopback()) },
  });
  objects = keepObjects(world);
  const sink = { write: (line: string) => void (terminalLog += line) };
  terminal = await startTerminal(
    {
      loaded: loadConfiguration(world.config, { env: world.env }),
      clock: systemClock,
      log: createLog('trace', 'test', sink),
      version: 'test',
    },
    {
      show: async (_place, card) => {
        returned.push(inspect(card, { depth: 12 }));
        return { surface: 'test' };
      },
      change: async (_shown, card) => void returned.push(inspect(card, { depth: 12 })),
      remove: async () => undefined,
    },
  );
  await terminal.ready(AbortSignal.timeout(10_000));
});

afterAll(async () => {
  await terminal.close();
  await world.close();
  vi.restoreAllMocks();
});

/** What the dispatcher gives back, with all that `inspect` finds in it. */
async function askDispatcher({ read, run }: Dispatcher, line: string): Promise<void> {
  const actor = { id: 'terminal', name: 'root', surface: 'terminal' } as const;
  const reading = read(line.replace(/^\//, '').replaceAll('"', '').split(' '), actor);
  // The command itself is code, and large.
  returned.push(inspect({ ...reading, command: undefined }, { depth: 12, showHidden: true }));
  if (reading.kind !== 'ready') return;
  const { command, given } = reading;
  const answer = await run({
    command,
    given,
    actor,
    place: { surface: 'terminal' },
    deliveryId: `${line} ${Math.random()}`,
    signal: AbortSignal.timeout(10_000),
  });
  returned.push(inspect(answer, { depth: 12, showHidden: true }));
}

/** What people type into the page, all of it together. */
const typed: Quarry[] = [];
/** The secret parts of links. */
const tokens = new Set<string>();

/** Gives a value on the page of every link that was shown, twice, and keeps all that the page says. */
async function bringByPage(name: string, before: number): Promise<void> {
  const text = JSON.stringify(world.slack.history.slice(before));
  const links = new Set(text.match(/http:\/\/127\.0\.0\.1:\d+\/value\/[\w-]{43}/g));
  for (const link of links) {
    const value = `${randomBytes(12).toString('hex')} <typed> & "kept" ${name}`;
    const mayBeAt = ({ at }: Place): boolean =>
      /^vault(?:-\d)? body (?:PATCH|POST) \/v1\/kv\/data\//.test(at);
    typed.push({ name: `typed with ${name}`, value, mayBeAt });
    tokens.add(link.slice(-43));
    await keepPage(await fetch(link));
    for (let times = 0; times < 2; times += 1) {
      const body = new FormData();
      body.set('token', link.slice(-43));
      body.set('lines-0', `${value}\n`);
      if (times > 0) body.set('end-0', 'remove');
      await keepPage(await fetch(new URL('/value', link), { method: 'POST', body }));
    }
    const again = new FormData();
    again.set('token', link.slice(-43));
    again.set('line-0', value);
    await keepPage(await fetch(new URL('/value', link), { method: 'POST', body: again }));
  }
}

async function keepPage(response: Response): Promise<void> {
  const headers = inspect([...response.headers]);
  pages.push(headers, await response.text());
}

const pages: string[] = [];

function everywhere(): readonly Place[] {
  return [
    ...receivedPlaces(world.transcript),
    ...keptPlaces(world),
    ...objects.places(),
    { at: 'log', text: world.log() + terminalLog },
    { at: 'output', text: written.join('\n') },
    { at: 'returned', text: returned.join('\n') },
    { at: 'page', text: pages.join('\n') },
  ];
}

describe('with every fault, every command', () => {
  test.each(Object.entries(faults))('%s', async (name, begin) => {
    const calm = world.slack.history.length;
    await world.say(`/secret set media/${name} api-key`);
    const end = begin(world);
    try {
      await rotate(name);
      const before = world.slack.history.length;
      const [sync = '', ...lines] = linesFor(name);
      await Promise.all([
        ...[sync, ...lines].map((text) =>
          world.slack.say({ user: people.admin, channel: channels.platform, text }),
        ),
        ...lines.map((line) => askDispatcher(terminal.dispatcher, line)),
      ]);
      // Each is answered, in one way or another; a card that Slack refuses can't be.
      const most = name === 'bad-blocks' ? lines.length : lines.length + 1;
      await world.slack.until(() => settled(before) >= most, `the answers with ${name}`, 60_000);
      await bringByPage(name, calm);
      if (!patient.has(name)) await askDispatcher(terminal.dispatcher, rotationOf(name));
    } finally {
      end();
    }
  });

  test('and a freeze, which would stop the others', async () => {
    await world.say('/secret freeze nowhere/x --reason canary');
    await world.say('/secret thaw nowhere/x');
  });

  test('and a form', async () => {
    await askForForm(world, '/secret rotate');
    await world.slack.suggest({ user: people.admin, actionId: 'field:target', value: 'calm' });
    await world.slack.closeView({ user: people.admin, all: true });
  });
});

function settled(before: number): number {
  return world.slack.history
    .slice(before)
    .filter(({ versions }) => /^[✓▲✗·]/u.test(versions.at(-1)?.text ?? '')).length;
}

test('it was all driven', () => {
  const log = world.log();
  for (const { name } of commands) expect(log).toContain(`"command":"${name}"`);
  expect(log.length).toBeGreaterThan(20_000);
  expect(secretValues(world).length).toBeGreaterThan(60);
  expect(ownTokens(world).length).toBeGreaterThanOrEqual(7);
  const atHome = receivedPlaces(world.transcript).find(({ at }) => at === 'forge header authorization');
  expect(atHome?.text).toContain(world.forge.botToken);
  expect(objects.places().some(({ at }) => at.startsWith('Lease chatelaine/op-'))).toBe(true);
  const states = world.slack.history.flatMap(({ versions }) => versions.map(({ text }) => text.charAt(0)));
  expect(states).toEqual(expect.arrayContaining(['✓', '▲', '✗', '·', '●']));
});

test('no value is anywhere but in the write to Vault', () => {
  expect(hunt(secretValues(world), everywhere())).toEqual([]);
});

test('what was typed into the page is nowhere but in the write to Vault, whatever came of it', () => {
  expect(typed.length).toBeGreaterThan(8);
  expect(pages.join()).toContain('was written as v');
  expect(pages.join()).toContain('is proposed, encrypted for the cluster');
  expect(pages.join()).toContain('Not written');
  expect(hunt(typed, everywhere())).toEqual([]);
});

test('the token of a link is nowhere but in what its person alone was shown, and in its form', () => {
  const mayBeAt = ({ at }: Place): boolean => /^slack body POST|^Slack messages$|^page$/.test(at);
  const quarries = [...tokens].map((value) => ({ name: 'token', value, whole: true, mayBeAt }));
  expect(hunt(quarries, everywhere())).toEqual([]);
});

test('no token of the bot is anywhere but in the header or the login of its own server', () => {
  expect(hunt(ownTokens(world), everywhere())).toEqual([]);
});

describe('what is planted is found', () => {
  const value = 'cänary "<&> / +value\\ 7f3a9c';
  const planted = { name: 'planted', value };

  test('in every encoding', () => {
    const text = Buffer.from(value.slice(0, 16));
    const places: Place[] = [
      { at: 'raw', text: `x${value}y` },
      { at: 'JSON', text: JSON.stringify({ value }) },
      { at: 'JSON twice', text: JSON.stringify(JSON.stringify({ value })) },
      { at: 'hex', text: Buffer.from(`a${value}`).toString('hex') },
      { at: 'HEX', text: Buffer.from(`a${value}`).toString('hex').toUpperCase() },
      { at: 'URL', text: `/v1/kv/data/${encodeURIComponent(value)}?x` },
      { at: 'form', text: new URLSearchParams({ a: value }).toString() },
      { at: 'percent', text: [...text].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('') },
      {
        at: 'Go JSON',
        text: JSON.stringify({ value }).replace(
          /[<>&]/g,
          (each) => `\\u00${each.charCodeAt(0).toString(16)}`,
        ),
      },
      { at: 'entities', text: 'cänary "&lt;&amp;&gt; / +value\\ 7f3a9c' },
      ...['', 'a', 'ab'].flatMap((before, shift) => [
        { at: `base64 +${shift}`, text: Buffer.from(`${before}${value}z`).toString('base64') },
        { at: `base64url +${shift}`, text: Buffer.from(`${before}${value}z`).toString('base64url') },
      ]),
    ];
    for (const form of formsOf(planted).keys()) {
      const at = places.find((place) => place.at === form);
      expect(at, form).toBeDefined();
      expect(hunt([planted], at === undefined ? [] : [at]).length, form).toBeGreaterThan(0);
    }
  });

  test('in every place, and what belongs there is not complained of', async () => {
    const hex = Buffer.from(value).toString('hex');
    const headers = { 'x-vault-token': world.vault.rootToken, 'x-planted': encodeURIComponent(value) };
    const merge = { ...headers, 'content-type': 'application/merge-patch+json' };
    const kv = `${world.vault.url}/v1/kv`;
    await fetch(`${kv}/metadata/media/calm`, {
      method: 'PATCH',
      headers: merge,
      body: JSON.stringify({ custom_metadata: { planted: Buffer.from(value).toString('base64') } }),
    });
    await fetch(`${kv}/data/media/${encodeURIComponent(value)}`, { headers });
    await fetch(`${world.slack.apiUrl}chat.postMessage`, {
      method: 'POST',
      headers: { authorization: `Bearer ${app.botToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ channel: channels.platform, text: value }),
    });
    world.kubernetes.put({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'planted', namespace: 'chatelaine', annotations: { planted: hex } },
      spec: {},
    });
    process.stdout.write(`${value}\n`);
    createLog('trace', 'test', { write: (line: string) => void (terminalLog += line) }).info(
      { reason: value },
      'planted',
    );
    returned.push(inspect(new Error(value)));

    const found = new Set(hunt([planted], everywhere()).map(({ at }) => at));
    for (const at of [
      'vault url',
      'vault header x-planted',
      'vault body PATCH /v1/kv/metadata/media/calm',
      'custom_metadata',
      'slack body POST /api/chat.postMessage',
      'Slack messages',
      'Lease chatelaine/planted',
      'output',
      'log',
      'returned',
    ]) {
      expect(found).toContain(at);
    }
    const rooted = { name: 'root', value: world.vault.rootToken, whole: true };
    expect(hunt([rooted], everywhere()).map(({ at }) => at)).toContain('vault header x-vault-token');
    const atHome = { ...rooted, mayBeAt: ({ at }: Place) => at === 'vault header x-vault-token' };
    expect(hunt([atHome], everywhere())).toEqual([]);
  });
});
