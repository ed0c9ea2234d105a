import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { showEntry } from '../../src/playground/show-as-text.ts';
import { channels, people } from '../../src/playground/slack/seed.ts';
import type { Entry } from '../../src/playground/slack/shapes.ts';
import { namesOf } from '../../src/playground/text-client.ts';
import { bot } from '../servers/cluster.ts';
import type { RaftVault, Replica } from '../servers/raft-vault.ts';
import { until } from '../servers/until.ts';
import type { BotProcess } from '../support/start-bot.ts';
import {
  addApp,
  appSynced,
  type BotSite,
  type Bundle,
  buildBundle,
  startSite,
  valuesOf,
} from './bot-world.ts';
import { policyInForce, vaultCall, writeBotFiles } from './support.ts';
import { useClusterWith } from './use-cluster-with.ts';

/*
 * The whole bot, two replicas of it, watches a real Vault of three replicas with Raft, and heals by the real External
 * Secrets: what the channel is told, and when.
 */

const apps = ['jellyfin', 'sonarr', 'gallery', 'homarr'];
/** Milliseconds within which a seal or a crash has to be told, with a poll every second and a half. */
const soon = 6_000;
const minute = 60_000;

// As it is by default: External Secrets does not look at a store again by itself while this runs.
const cluster = useClusterWith({ vault: 'raft', storeRequeue: '5m' }, async (made) => {
  const media = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'media' } };
  await made.adminApi.need('POST', '/api/v1/namespaces', media);
  await Promise.all(apps.map((app) => addApp(made, app, { 'api-key': `first-of-${app}` })));
});
let vault: RaftVault;
let bundle: Bundle;
let site: BotSite;
let bots: readonly BotProcess[] = [];

beforeAll(async () => {
  ({ vault } = cluster());
  bundle = await buildBundle();
  site = await startSite({
    cluster: cluster(),
    files: await writeBotFiles(cluster()),
    bundle,
    replicas: vault.replicas,
    configuration: {
      alerts: { channel: channels.media, mention: [people.admin], calmSeconds: 3, failingSeconds: 3600 },
      operations: { leaseSeconds: 3 },
    },
  });
  await policyInForce(await cluster().apiOf(bot));
  bots = await Promise.all([site.start(), site.start()]);
  await Promise.all(bots.map(({ ready }) => ready));
  await leading();
  const allSynced = async (): Promise<boolean> =>
    (await Promise.all(apps.map((app) => appSynced(cluster(), app)))).every(Boolean);
  await until(allSynced, { what: 'the first syncs' });
});
afterAll(async () => {
  await site?.close();
  await bundle?.remove();
});

/** The replica of the bot that leads: it is the one that said so last. */
function leading(): Promise<BotProcess> {
  const since = ({ output }: BotProcess): number => {
    const line = output()
      .split('\n')
      .findLast((each) => each.includes('"msg":"leading"'));
    return line === undefined ? 0 : Date.parse(JSON.parse(line).time);
  };
  const leads = async (): Promise<BotProcess | undefined> =>
    bots
      .filter((each) => each.child.signalCode === null && since(each) > 0)
      .toSorted((a, b) => since(b) - since(a))[0];
  return until(leads, { what: 'a replica of the bot to lead' });
}

const told = (): readonly Entry[] =>
  site.slack.conversation(people.admin, channels.media).filter(({ fromApp }) => fromApp);
const textOf = (entry: Entry): string => showEntry(entry, namesOf(site.slack));
const alerts = (): readonly string[] =>
  told()
    .filter(({ threadTs }) => threadTs === undefined)
    .map(textOf);

/** Waits until the message of an incident says all of this, and answers all that it says. */
function saying(number: number, ...words: readonly string[]): Promise<string> {
  const says = async (): Promise<string> => {
    const text = alerts()[number - 1] ?? '';
    if (words.every((each) => text.includes(each))) return text;
    throw new Error(`it says: ${text}`);
  };
  return until(says, { what: `message ${number} to say ${words.join(' and ')}` });
}

const messageOf = (number: number): Entry | undefined =>
  told().filter(({ threadTs }) => threadTs === undefined)[number - 1];

/** What was told in the thread of an incident: when it was so, and what. */
function threadOf(number: number): readonly { readonly at: number; readonly words: string }[] {
  const ts = messageOf(number)?.ts;
  return told()
    .filter(({ threadTs }) => threadTs !== undefined && threadTs === ts)
    .map((entry) => {
      const [, at = '', words = ''] = /(\d{4}-\S+Z) (.*)/.exec(textOf(entry)) ?? [];
      return { at: Date.parse(at), words };
    });
}

const inThread = (number: number, words: string): Promise<boolean> =>
  until(
    async () => {
      const thread = threadOf(number).map((entry) => entry.words);
      if (thread.some((each) => each.includes(words))) return true;
      throw new Error(`it says: ${thread.join(' | ')}`);
    },
    { what: `the thread of ${number} to say ${words}` },
  );

/** The message of an incident that began with something that was done just now. */
async function expectSoon(number: number, done: number): Promise<void> {
  const { ts } = await until(async () => messageOf(number), { what: `message ${number}` });
  const [, since = ''] = /\(since (\S+Z)/.exec(alerts()[number - 1] ?? '') ?? [];
  // Slack's dates are whole seconds.
  expect(Date.parse(since)).toBeGreaterThan(done - 1_000);
  expect(Date.parse(since)).toBeLessThanOrEqual(done + soon);
  expect(Number(ts) * 1_000).toBeLessThanOrEqual(done + soon);
}

function others(replica: Replica): readonly Replica[] {
  return vault.replicas.filter(({ name }) => name !== replica.name);
}

describe('one replica', () => {
  test('sealed: a warning, with the progress of its unseal, until all is well', async () => {
    const active = await vault.active();
    const [sealed, third] = others(active);
    if (sealed === undefined || third === undefined) throw new Error('there are not three');
    const done = Date.now();
    await vault.seal(sealed);
    await expectSoon(1, done);
    const text = await saying(1, `${sealed.name} is sealed (since `, '0 of 3 shares given', 'due: media/');
    expect(text).toMatch(/^▲ .* · incident 1$/m);
    expect(text).toContain(
      `${active.name} active, ${third.name} standby: secrets are served, one more loss stops them.`,
    );
    expect(text).toContain(`Unseal ${sealed.name}: 0 of 3 shares given. Guide: /vault unseal`);
    const before = threadOf(1);
    const [first = '', second = '', last = ''] = vault.shares;
    await vault.unseal(sealed, [first]);
    await saying(1, `${sealed.name}: 1 of 3 shares given`);
    await vault.unseal(sealed, [second]);
    await saying(1, `${sealed.name}: 2 of 3 shares given`);
    expect(threadOf(1)).toEqual(before);
    await vault.unseal(sealed, [last]);
    await inThread(1, `${sealed.name} was unsealed, and is standby`);
    await inThread(1, 'all replicas are well');
    expect(await saying(1, 'Vault is well again: it took')).toContain('Secrets were served all the time.');
    expect(JSON.stringify(site.slack.history)).not.toContain(first);
  });

  test('killed, the active one: another serves, and it comes back sealed', async () => {
    const active = await vault.active();
    const done = Date.now();
    await vault.kill(active);
    await expectSoon(2, done);
    await saying(
      2,
      `${active.name} can’t be reached (since `,
      'secrets are served, one more loss stops them.',
    );
    expect((await vault.active()).name).not.toBe(active.name);
    await vault.start(active);
    await inThread(2, `${active.name} answers again, and is sealed`);
    await vault.unseal(active);
    await inThread(2, `${active.name} was unsealed, and is standby`);
    await inThread(2, 'all replicas are well');
    await saying(2, 'Vault is well again: it took');
    expect(alerts()).toHaveLength(2);
  });
});

describe('all replicas', () => {
  test('restarted: an emergency that calls for the people with shares, until they unsealed them in turn', async () => {
    const [first, second, third] = vault.replicas;
    const done = Date.now();
    await Promise.all(vault.replicas.map((each) => vault.restart(each)));
    await expectSoon(3, done);
    const text = await saying(3, '✗ Vault serves no secrets: vault-0, vault-1 and vault-2 are sealed');
    expect(text).toContain(
      'No secret can be read or written. Secrets that exist stay, and pods keep running.',
    );
    expect(text).toContain('Whoever holds a share is needed: @ada');
    for (const { name } of vault.replicas) expect(text).toContain(`Unseal ${name}: 0 of 3 shares given.`);
    await vault.unseal(first);
    await saying(3, 'vault-0 standby: too few, or without a leader.');
    await vault.unseal(second);
    await inThread(3, 'secrets are served again');
    await vault.unseal(third);
    await inThread(3, 'vault-2 was unsealed');
    await inThread(3, 'all replicas are well');
    const last = await saying(3, 'Vault is well again: it took');
    expect(last).toContain('No secret could be read or written for some of that time.');
    expect(last).toMatch(/No ExternalSecret failed meanwhile, as seen \S+ s after the unseal\.$/m);
    expect(alerts()).toHaveLength(3);
  });

  test('sealed, the bot’s leader killed and Slack away for a minute: all is told in the same message, and healed meanwhile', {
    timeout: 3 * minute,
  }, async () => {
    const asRoot = vaultCall(vault.address, vault.rootToken);
    for (const app of apps)
      await asRoot('POST', `kv/data/media/${app}`, {
        options: { cas: 1 },
        data: { 'api-key': `new-of-${app}` },
      });
    const done = Date.now();
    await sealAll();
    await expectSoon(4, done);
    await saying(4, 'Vault serves no secrets: vault-0, vault-1 and vault-2 are sealed', '@ada');
    const before = threadOf(4).length;

    const away = Date.now();
    site.slack.faults.down = true;
    site.slack.dropSockets();
    await failAll();
    const dead = await leading();
    await dead.kill();
    const next = await leading();
    expect(next).not.toBe(dead);
    for (const replica of vault.replicas) {
      await vault.unseal(replica);
      await until(async () => (await kept()).includes(`${replica.name} was unsealed`), {
        what: `the unseal of ${replica.name} to be seen`,
      });
    }
    await until(async () => healed(), { what: 'the healing to end' });
    for (const app of apps) expect((await valuesOf(cluster(), app)).inSecret).toBe(`new-of-${app}`);
    // One that External Secrets had tried again by itself a moment before needs no asking.
    const marked = await marks();
    expect(marked.filter((mark) => !/^(?:seal-4-|while-sealed$)/.test(mark))).toEqual([]);
    expect(marked.some((mark) => mark.startsWith('seal-4-'))).toBe(true);
    await until(async () => Date.now() - away > minute, { what: 'a minute', deadlineMs: 2 * minute });
    expect(threadOf(4)).toHaveLength(before);

    const back = Date.now();
    site.slack.faults.down = false;
    const text = await saying(4, 'Vault is well again', 'ExternalSecrets Ready, ');
    const { length } = apps;
    expect(text).toMatch(
      new RegExp(`${length} of ${length} ExternalSecrets Ready, \\S+ s after the unseal\\.$`, 'm'),
    );
    await inThread(4, `${length} of ${length} ExternalSecrets Ready`);
    const late = threadOf(4).slice(before);
    const order = [
      'vault-0 was unsealed',
      'vault-1 was unsealed',
      'vault-2 was unsealed',
      `${length} of ${length}`,
    ];
    expect(
      late.map(({ words }) => order.findIndex((each) => words.includes(each))).filter((at) => at >= 0),
    ).toEqual([0, 1, 2, 3]);
    for (const { at } of late) expect(at).toBeLessThan(back);
    expect(late.map(({ at }) => at)).toEqual(late.map(({ at }) => at).toSorted((a, b) => a - b));
    await saying(4, 'Vault is well again: it took');
    expect(alerts()).toHaveLength(4);
  });

  async function sealAll(): Promise<void> {
    await vault.seal(await vault.active());
    const active = await vault.active();
    await vault.seal(active);
    for (const replica of vault.replicas) {
      const { body } = await vaultCall(replica.address)('GET', 'sys/seal-status');
      if (body.sealed === false) await vault.seal(replica);
    }
  }
});

const externalSecrets = '/apis/external-secrets.io/v1/namespaces/media/externalsecrets';
const store = '/apis/external-secrets.io/v1/clustersecretstores/vault';

async function isReady(path: string): Promise<string> {
  const { status } = await cluster().adminApi.need('GET', path);
  const conditions: readonly { type: string; status: string }[] = status?.conditions ?? [];
  return conditions.find(({ type }) => type === 'Ready')?.status ?? '';
}

/** External Secrets reads them all while Vault is sealed, and fails; then it finds the store not Ready. */
async function failAll(): Promise<void> {
  const { adminApi } = cluster();
  for (const path of [...apps.map((app) => `${externalSecrets}/${app}`), store]) {
    await adminApi.patch('merge', path, { metadata: { annotations: { 'force-sync': 'while-sealed' } } });
    await until(async () => (await isReady(path)) === 'False', { what: `${path} to fail` });
  }
}

/** By whom each ExternalSecret was asked last. */
async function marks(): Promise<readonly string[]> {
  return Promise.all(
    apps.map(async (app) => {
      const { metadata } = await cluster().adminApi.need('GET', `${externalSecrets}/${app}`);
      return metadata.annotations['force-sync'];
    }),
  );
}

/** What the bot keeps of incidents for its next leader. */
async function kept(): Promise<string> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${bot.namespace}/leases/incident-seals`;
  const { metadata } = await cluster().adminApi.need('GET', path);
  return metadata.annotations['chatelaine.dev/incident'];
}

async function healed(): Promise<boolean> {
  const { incidents } = JSON.parse(await kept());
  return incidents.at(-1)?.healing?.endedAt !== undefined;
}
