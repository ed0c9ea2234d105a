import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { inspect, promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import type { Log } from '../../src/core/log.ts';
import { VaultPath } from '../../src/core/names.ts';
import { call, canary, jellyfin, values } from './names.ts';
import { openWorld, type World } from './world.ts';

let world: World;
afterEach(() => world.close());

const lines: unknown[] = [];
const keep = (fields: object, message: string): void => void lines.push({ ...fields, message });
const log: Log = { trace: keep, debug: keep, info: keep, warn: keep, error: keep };

test('no value and no token is in an error, in the log or in the adapter', async () => {
  world = await openWorld({ vault: { log } });
  const { adapter, standIn } = world;
  const { vault } = adapter;
  const errors: unknown[] = [];
  const everything = async (): Promise<void> => {
    const asks = [
      () => vault.patch(jellyfin, values(), 1, call()),
      () => vault.patch(VaultPath.parse('media/never'), values(), 1, call()),
      () => vault.create(jellyfin, values(), call()),
      () => vault.metadata(jellyfin, call()),
      () => vault.annotate(jellyfin, { fact: 'known' }, call()),
    ];
    for (const ask of asks) await ask().catch((error: unknown) => errors.push(error));
  };
  await everything();
  standIn.faults.loseAnswer = 5;
  await everything();
  standIn.faults.denied = true;
  await everything();
  standIn.expireTokens();
  standIn.faults.down = true;
  await everything();
  standIn.faults.down = false;
  standIn.replicas.forEach(({ name }) => standIn.seal(name));
  await everything();
  await standIn.close();
  await everything();

  const tokens = new Set(world.received.map(({ headers }) => headers['x-vault-token'] ?? '').filter(Boolean));
  expect(tokens.size).toBeGreaterThan(0);
  expect(errors.length).toBeGreaterThan(20);
  const shown = [...errors, ...lines, adapter, vault.session()].flatMap((each) => [
    inspect(each, { depth: 10, showHidden: true }),
    JSON.stringify(each),
    String(each),
    each instanceof Error ? each.stack : '',
  ]);
  for (const secret of [canary, 'jwt-of-the-bot', standIn.rootToken, ...tokens]) {
    for (const text of [
      secret,
      Buffer.from(secret).toString('base64').slice(0, -4),
      Buffer.from(secret).toString('hex'),
    ]) {
      expect(shown.join('\n')).not.toContain(text);
    }
  }
});

test('nothing is taken from the environment, and DEBUG prints nothing', async () => {
  world = await openWorld();
  const run = promisify(execFile);
  const { stdout, stderr } = await run(
    process.execPath,
    [fileURLToPath(new URL('./talk.ts', import.meta.url)), world.standIn.url, world.tokenFile],
    {
      env: {
        ...process.env,
        DEBUG: '*',
        VAULT_ADDR: 'http://127.0.0.1:1',
        VAULT_TOKEN: 's.of-somebody-else',
        VAULT_NAMESPACE: 'elsewhere',
        VAULT_PREFIX: '/elsewhere',
        VAULT_SKIP_VERIFY: 'false',
        HTTP_PROXY: 'http://127.0.0.1:1',
        HTTPS_PROXY: 'http://127.0.0.1:1',
        NODE_OPTIONS: '',
      },
    },
  );
  // It ends by itself: nothing of the adapter keeps a process alive once it is closed.
  expect(stdout).toBe('v8 vault-conflict\n');
  expect(stderr).toBe('');
  expect(world.received.length).toBeGreaterThan(3);
  for (const { headers } of world.received) {
    expect(headers['x-vault-token']).not.toBe('s.of-somebody-else');
    expect(headers).not.toHaveProperty('x-vault-namespace');
  }
});

test('a namespace goes with every request, the login too', async () => {
  world = await openWorld({ vault: { namespace: 'homelab' } });
  await world.adapter.vault.patch(jellyfin, values(), 7, call());
  expect(world.received.map(({ headers }) => headers['x-vault-namespace'])).toEqual(['homelab', 'homelab']);
  expect(world.adapter.vault.identity).toBe('homelab|kv');
});

test('a secret whose path looks like a health check is refused like any other', async () => {
  world = await openWorld();
  world.standIn.faults.denied = true;
  await expect(world.adapter.vault.metadata(VaultPath.parse('sys/health'), call())).rejects.toMatchObject({
    code: 'vault-denied',
  });
});
