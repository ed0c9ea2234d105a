import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { people } from '../../src/playground/slack/seed.ts';
import { type BotWorld, startBotWorld } from '../support/bot-world.ts';

/* The whole way of a new secret: asked for in Slack, approved and merged on the Git host, applied by Flux, seen. */

let world: BotWorld;
beforeAll(async () => {
  world = await startBotWorld();
});
afterAll(() => world.close());

/** As somebody may have written it: all of a path, and a template that names what is taken from it. */
const takesAll = `---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: maintainerr
spec:
  secretStoreRef:
    kind: ClusterSecretStore
    name: vault
  target:
    name: maintainerr-secret
    template:
      data:
        TOKEN: "{{ .token }}"
        OLD: "{{ .old }}"
  dataFrom:
    - extract:
        key: media/maintainerr
`;

/** What every message says now. */
function titles(): readonly string[] {
  return world.slack.history.map(({ versions }) => versions.at(-1)?.text ?? '');
}

async function until(what: RegExp): Promise<void> {
  await world.slack.until(() => titles().some((title) => what.test(title)), String(what), 50_000);
}

/** Asks as Robin, and answers the number of the pull request. */
async function propose(line: string): Promise<number> {
  const { text, good } = await world.say(line, people.requester);
  expect(good, text).toBe(true);
  const number = Number(/waits? for a second person: pull request #(\d+)/.exec(text)?.[1]);
  expect(world.forge.pulls()[0]).toMatchObject({ number, state: 'open', draft: false });
  return number;
}

async function approveAndMerge(number: number): Promise<void> {
  world.forge.as('ada').review(number, 'approve');
  await until(new RegExp(`(?:is|are) approved: pull request #${number} can be merged`));
  await world.forge.as('ada').merge(number, 'squash');
}

describe('a new secret goes from the command to live', () => {
  test('application', async () => {
    const number = await propose('/secret new media/jellyseerr api-key --category application');
    // Who asked may not be the second person; the host itself holds the merge back.
    world.forge.as('robin').review(number, 'approve');
    await expect(world.forge.as('robin').merge(number)).rejects.toThrow('chatelaine/second-person');
    expect(world.kubernetes.object('ExternalSecret', 'media', 'jellyseerr')).toBeUndefined();
    await approveAndMerge(number);
    await until(/^✓ api-key of media\/jellyseerr is live: merged as [0-9a-f]{7}/);
    const value = world.vault.read('media/jellyseerr')?.data['api-key'];
    expect(value).toMatch(/^.{20,}$/);
    expect(world.kubernetes.secretValue('media', 'jellyseerr-secret', 'api-key')).toBe(value);
  });

  test('a property beside it, and then all of it taken out', async () => {
    await approveAndMerge(await propose('/secret new media/jellyseerr another-key --category application'));
    await until(/^✓ another-key of media\/jellyseerr is live/);
    expect(Object.keys(world.vault.read('media/jellyseerr')?.data ?? {}).toSorted()).toEqual([
      'another-key',
      'api-key',
    ]);
    // The card says that it is live a moment before its name is free for the next proposal.
    const preview = async (): Promise<string> =>
      (await world.say('/secret remove media/jellyseerr', people.requester)).text;
    await expect.poll(preview).toContain('media/jellyseerr would be taken out by a pull request');
    await approveAndMerge(await propose('/secret remove media/jellyseerr --confirm'));
    await until(/^✓ media\/jellyseerr is gone/);
    expect(world.kubernetes.object('ExternalSecret', 'media', 'jellyseerr')).toBeUndefined();
    expect(world.vault.read('media/jellyseerr')).toMatchObject({ deleted: true });
  });

  test('a line out of the template of what takes all of a path', async () => {
    await approveAndMerge(await propose('/secret new media/maintainerr token old --category application'));
    await until(/^✓ token, old of media\/maintainerr are live/);
    const path = 'kubernetes/apps/media/maintainerr/app/externalsecret.yaml';
    // Flux applies it with the merge.
    await world.forge.as('ada').push('main', { [path]: takesAll });
    const line = '/secret remove media/maintainerr old --confirm';
    await approveAndMerge(await propose(line));
    await until(/^✓ old of media\/maintainerr is gone/);
    const secret = world.kubernetes.object('Secret', 'media', 'maintainerr-secret');
    expect(Object.keys(secret?.data ?? {})).toEqual(['TOKEN']);
    expect(JSON.stringify(world.slack.history)).toContain('made its Secret by a template without old');
  });

  test('infrastructure', async () => {
    await approveAndMerge(await propose('/secret new media/valkey password --category infrastructure'));
    await until(/^✓ password of media\/valkey is live/);
  });

  test('certificate', async () => {
    const line = '/secret new media/jellyfin --category certificate --dns jellyfin.example.org';
    await approveAndMerge(await propose(line));
    await until(/^✓ media\/jellyfin is live/);
    const { status } = world.kubernetes.object('Certificate', 'media', 'jellyfin') ?? {};
    expect(JSON.stringify(status)).toContain('Certificate is up to date');
  });

  test('bootstrap', async () => {
    await approveAndMerge(await propose('/secret new media/restic password --category bootstrap'));
    await until(/^✓ password of media\/restic is live/);
    const { files } = await world.forge.tree('main');
    const file = files.get('kubernetes/apps/media/restic/app/secret.sops.yaml') ?? '';
    expect(file).toMatch(/password: ENC\[AES256_GCM,/);
    expect(world.kubernetes.object('Secret', 'media', 'restic')).toBeDefined();
  });
});
