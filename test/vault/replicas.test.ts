import { afterEach, expect, test } from 'vitest';
import { startHttpStandIn } from '../../src/playground/http-stand-in.ts';
import { FakeClock } from './fake-clock.ts';
import { call, jellyfin } from './names.ts';
import { eventually, openWorld, type World } from './world.ts';

let world: World;
afterEach(() => world.close());

const states = async (): Promise<readonly string[]> =>
  (await world.adapter.vault.replicas(call())).map(({ name, state }) => `${name} ${state}`);

test('each replica says of itself what it is', async () => {
  world = await openWorld();
  expect(await states()).toEqual(['vault-0 active', 'vault-1 standby', 'vault-2 standby']);
  world.standIn.seal('vault-0');
  expect(await states()).toEqual(['vault-0 sealed', 'vault-1 active', 'vault-2 standby']);
  world.standIn.seal('vault-1');
  expect(await states()).toEqual(['vault-0 sealed', 'vault-1 sealed', 'vault-2 standby']);
  expect(world.count('POST', '/login')).toBe(0);
});

test('one that is being unsealed says how far it is', async () => {
  world = await openWorld();
  world.standIn.seal('vault-1');
  const [first = '', second = '', third = ''] = world.standIn.unsealKeys;
  const give = async (key: string): Promise<void> => {
    const url = `${world.standIn.replicas[1]?.url ?? ''}/v1/sys/unseal`;
    await fetch(url, { method: 'PUT', body: JSON.stringify({ key }) });
  };
  await give(first);
  await give(first);
  await give(second);
  const [, sealed] = await world.adapter.vault.replicas(call());
  expect(sealed).toMatchObject({ state: 'sealed', unseal: { given: 2, needed: 3, of: 5 }, version: '2.4.0' });
  expect(sealed).not.toHaveProperty('clusterName');
  await give(third);
  expect(await states()).toEqual(['vault-0 active', 'vault-1 standby', 'vault-2 standby']);
});

test('one that hangs, one that is away and one that is no Vault hold up nobody', async () => {
  const clock = new FakeClock();
  const held = Promise.withResolvers<void>();
  const hanging = await startHttpStandIn('hanging', async () => {
    await held.promise;
    return { status: 200 };
  });
  const page = await startHttpStandIn('page', () => ({ status: 200, body: '<html>' }));
  const fresh = await startHttpStandIn('fresh', ({ url }) =>
    url.endsWith('seal-status')
      ? { status: 200, body: { initialized: false, sealed: true, t: 0, n: 0, progress: 0 } }
      : { status: 503, body: { errors: ['Vault is sealed'] } },
  );
  const gone = await startHttpStandIn('gone', () => ({ status: 200 }));
  await gone.close();
  world = await openWorld({
    vault: {
      clock,
      replicas: [hanging, page, fresh, gone].map(({ url }, index) => ({
        name: `vault-${index}`,
        address: `${url}/`,
      })),
    },
  });
  const asking = world.adapter.vault.replicas(call());
  // The deadline of the one that hangs.
  await eventually(() => clock.sleeping).toBe(1);
  clock.advance(2_000);
  expect(await asking).toMatchObject([
    { state: 'unreachable', why: 'gave no answer in time' },
    { state: 'unreachable', why: "gave an answer that is not Vault's (HTTP 200)" },
    { state: 'uninitialised' },
    { state: 'unreachable', why: 'refused the connection' },
  ]);
  held.resolve();
  await Promise.all([hanging.close(), page.close(), fresh.close()]);
});

test('without addresses of the replicas the one address is asked', async () => {
  world = await openWorld({ vault: { replicas: [] } });
  expect(await states()).toEqual(['127.0.0.1 active']);
});

test('leaves a replica that was sealed, though its connection is kept alive', async () => {
  // A Service chooses when a connection is opened: here, the replica that is active at that moment.
  const chosen = new Map<number, string>();
  const sealed = { status: 503, body: { errors: ['Vault is sealed'] } };
  let active = 'vault-0';
  let connections = 0;
  const auth = { client_token: 's.token-of-the-bot', lease_duration: 900, renewable: true };
  const keys = { status: 200, body: { auth, data: { keys: ['jellyfin'] } } };
  const service = await startHttpStandIn('service', () => ({
    take: (response, { socket }) => {
      const { status, body } = chosen.get(socket.remotePort ?? 0) === active ? keys : sealed;
      response.writeHead(status).end(JSON.stringify(body));
    },
  }));
  service.server.on('connection', ({ remotePort = 0 }) => {
    connections += 1;
    chosen.set(remotePort, active);
  });
  world = await openWorld({ vault: { address: service.url } });
  expect(await world.adapter.vault.list('', call())).toEqual(['jellyfin']);
  expect(await world.adapter.vault.list('', call())).toEqual(['jellyfin']);
  const before = connections;
  active = 'vault-1';
  expect(await world.adapter.vault.list('', call())).toEqual(['jellyfin']);
  expect(connections).toBeGreaterThan(before);
  await service.close();
});

test('keeps few connections for many calls', async () => {
  world = await openWorld({ vault: { replicas: [] } });
  await Promise.all(Array.from({ length: 50 }, () => world.adapter.vault.metadata(jellyfin, call())));
  expect(await world.standIn.connections()).toBeLessThanOrEqual(8);
  for (let calls = 0; calls < 50; calls += 1) await world.adapter.vault.metadata(jellyfin, call());
  expect(await world.standIn.connections()).toBeLessThanOrEqual(8);
});
