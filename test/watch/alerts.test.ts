import { afterAll, beforeAll, expect, test } from 'vitest';
import { showEntry } from '../../src/playground/show-as-text.ts';
import { channels, people } from '../../src/playground/slack/seed.ts';
import type { Entry } from '../../src/playground/slack/shapes.ts';
import { namesOf } from '../../src/playground/text-client.ts';
import { waitFor } from '../../src/playground/wait-for.ts';
import { type BotWorld, startBotWorld } from '../support/bot-world.ts';

let world: BotWorld;

beforeAll(async () => {
  world = await startBotWorld({
    configuration: {
      alerts: {
        channel: channels.media,
        mention: ['platform-admins'],
        pollSeconds: 0.2,
        calmSeconds: 60,
        failingSeconds: 3600,
      },
    },
  });
});

afterAll(() => world.close());

const messages = (): readonly Entry[] =>
  world.slack.conversation(people.admin, channels.media).filter(({ fromApp }) => fromApp);

const [alerts, thread] = [
  () => messages().filter(({ threadTs }) => threadTs === undefined),
  () => messages().filter(({ threadTs }) => threadTs !== undefined),
];

const textOf = (entry: Entry | undefined): string =>
  entry === undefined ? '' : showEntry(entry, namesOf(world.slack));

const alerting = (text: string) =>
  waitFor(() => textOf(alerts()[0]).includes(text), `an alert that says ${text}`, 30_000);

test('a seal is told in one message of the channel, with a thread and the ExternalSecrets that come due', async () => {
  world.vault.seal('vault-1');
  await alerting('vault-1 is sealed');
  await alerting('Next ExternalSecrets due');
  expect(textOf(alerts()[0])).toContain('vault-0 active, vault-2 standby: secrets are served');
  world.vault.seal('vault-0');
  world.vault.seal('vault-2');
  await alerting('Vault serves no secrets');
  await waitFor(() => thread().length > 0, 'an entry in the thread', 10_000);
  expect(JSON.stringify(thread().map(({ blocks }) => blocks))).toContain(`<@${people.admin}>`);
  expect(thread().every(({ threadTs }) => threadTs === alerts()[0]?.ts)).toBe(true);
  for (const name of ['vault-0', 'vault-1', 'vault-2']) world.vault.unseal(name);
  await alerting('Vault is well again since');
  expect(alerts()).toHaveLength(1);
});

test('what failed meanwhile is healed after the unseal, and the message has the proof', async () => {
  for (const name of ['vault-0', 'vault-1', 'vault-2']) world.vault.seal(name);
  await alerting('Vault serves no secrets');
  expect((await world.say('/secret sync media/jellyfin')).good).toBe(false);
  for (const name of ['vault-0', 'vault-1', 'vault-2']) world.vault.unseal(name);
  const ready = (kind: string, namespace: string | undefined, name: string): boolean =>
    JSON.stringify(world.kubernetes.object(kind, namespace, name)?.status).includes('"status":"True"');
  const both = (): boolean =>
    ready('ClusterSecretStore', undefined, 'vault') && ready('ExternalSecret', 'media', 'jellyfin');
  await waitFor(both, 'the store and the ExternalSecret to be Ready', 10_000);
  // The homelab has some that fail for reasons of their own, from the beginning.
  await alerting('ExternalSecrets Ready');
});

test('a share is refused wherever it is typed, and is nowhere afterwards', async () => {
  world.vault.seal('vault-1');
  const [share = ''] = world.vault.unsealKeys;
  const hex = Buffer.from(share, 'base64').toString('hex');
  const before = world.transcript.length;
  for (const line of [
    `/vault unseal ${share}`,
    `/vault unseal vault-1 ${hex}`,
    `/secret rotate media/jellyfin --reason "the share is ${share}`,
    `/secret ${share}`,
    `/vault status ${hex.toUpperCase()}`,
  ]) {
    const { text, good } = await world.say(line);
    expect(good).toBe(false);
    expect(text).toContain('Treat it as exposed');
    // What Ada typed stands above what she was answered.
    expect(text.slice(text.indexOf('\n'))).not.toContain(share);
  }
  const fromBot = JSON.stringify(world.transcript.slice(before));
  for (const form of [share, hex, hex.toUpperCase(), encodeURIComponent(share)]) {
    expect(fromBot).not.toContain(form);
    expect(world.log()).not.toContain(form);
  }
});

/** Asks until the answer has these words: what the channel is told meanwhile can be taken for an answer. */
async function answered(line: string, words: string): Promise<string> {
  let text = '';
  const says = async (): Promise<boolean> => {
    ({ text } = await world.say(line));
    return text.includes(words);
  };
  await waitFor(says, `an answer that says ${words}`, 20_000);
  return text;
}

test('/vault unseal shows the command and the progress of each sealed replica', async () => {
  world.vault.seal('vault-2');
  const [, , third] = world.vault.replicas;
  const text = await answered('/vault unseal vault-2', 'vault-2 was given 0 of 3 shares');
  expect(text).toContain(`bao operator unseal -address=${third?.url ?? ''}`);
  await answered('/vault unseal vault-9', 'there is none called “vault-9”');
  world.vault.unseal('vault-1');
  world.vault.unseal('vault-2');
  await answered('/vault unseal', 'No replica needs to be unsealed');
});

test('with Slack and the API server away it waits, and is told when Slack is back, in the same message', async () => {
  world.kubernetes.faults.down = true;
  world.slack.faults.down = true;
  world.vault.seal('vault-1');
  const waits = (): boolean => world.bot.troubles().join().includes('no leader can be elected');
  await waitFor(waits, 'the election to fail', 10_000);
  world.slack.faults.down = false;
  await alerting('vault-1 is sealed');
  world.kubernetes.faults.down = false;
  world.vault.unseal('vault-1');
  await alerting('Vault is well again since');
  await waitFor(() => world.bot.troubles().length === 0, 'the bot to be well', 15_000);
  expect(alerts()).toHaveLength(1);
});
