import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { FakeClock } from './fake-clock.ts';
import { call, jellyfin, values } from './names.ts';
import { eventually, faultOf, openWorld, type World, type WorldOptions } from './world.ts';

let clock: FakeClock;
let world: World;
afterEach(() => world.close());

const minute = 60_000;
const hour = 60 * minute;
/** What setTimeout takes; anything longer fires at once. */
const longestTimer = 2 ** 31 - 1;

async function open({ standIn, vault }: WorldOptions = {}): Promise<World> {
  clock = new FakeClock();
  world = await openWorld({ standIn: { now: () => clock.now(), ...standIn }, vault: { clock, ...vault } });
  return world;
}

/** With a token in a file, of the bot's own policy. */
async function openWithTokenFile(seconds: number): Promise<string> {
  await open();
  await world.adapter.close();
  const { standIn, folder, received } = world;
  const file = join(folder, 'vault-token');
  await writeFile(file, standIn.tokenFor(['chatelaine'], seconds));
  const first = world;
  const other = await openWorld({
    vault: { clock, address: standIn.url, auth: { kind: 'token-file', file } },
  });
  world = {
    ...first,
    adapter: other.adapter,
    received,
    async close() {
      await other.close();
      await first.close();
    },
  };
  return file;
}

const state = (): string => world.adapter.vault.session().state;
const isLoggedIn = (): Promise<void> => eventually(state).toBe('logged-in');
/** Nothing under way: all that sleeps is the wait for the next renewal, which is longer than the deadline of a call. */
const isAsleep = (): Promise<void> => eventually(() => clock.untilNext()).toBeGreaterThan(10_000);
const logins = (): number => world.count('POST', '/login');
const renewals = (): number => world.count('POST', '/renew-self');

test('logs in when it is asked first, once for all who ask', async () => {
  await open();
  expect(state()).toBe('logged-out');
  await Promise.all(Array.from({ length: 20 }, () => world.adapter.vault.metadata(jellyfin, call())));
  expect(logins()).toBe(1);
  expect(world.adapter.vault.session()).toEqual({
    state: 'logged-in',
    method: 'kubernetes',
    role: 'chatelaine',
    policies: ['chatelaine'],
    expires: '2026-03-01T12:15:00.000Z',
  });
});

test('renews at about two thirds of its life', async () => {
  await open();
  world.adapter.start();
  await isLoggedIn();
  await eventually(() => clock.untilNext()).toBe(0.66 * 15 * minute);
  clock.advance(9 * minute);
  expect(renewals()).toBe(0);
  clock.advance(minute);
  await eventually(renewals).toBe(1);
  await eventually(() => world.adapter.vault.session().expires).toBe('2026-03-01T12:25:00.000Z');
  expect(logins()).toBe(1);
});

test('is never without a valid token for a day, past the longest life of each', async () => {
  await open();
  world.adapter.start();
  await isLoggedIn();
  for (let passed = 0; passed < 24 * hour; passed += 5 * minute) {
    await isAsleep();
    const before = renewals() + logins();
    const due = (clock.untilNext() ?? 0) <= 5 * minute;
    clock.advance(5 * minute);
    if (due) await eventually(() => renewals() + logins()).toBeGreaterThan(before);
  }
  await isAsleep();
  expect(world.count('GET', '/lookup-self')).toBe(0);
  await world.adapter.vault.metadata(jellyfin, call());
  expect(state()).toBe('logged-in');
  // 8 h at most for one token.
  expect(logins()).toBeGreaterThanOrEqual(3);
  expect(logins()).toBeLessThan(10);
});

test('never sleeps longer than a timer can, however long a token lives', async () => {
  await openWithTokenFile(1000 * 3600);
  world.adapter.start();
  await isLoggedIn();
  for (let day = 0; day < 27; day += 1) {
    await isAsleep();
    clock.advance(24 * hour);
  }
  await isAsleep();
  expect(renewals()).toBe(0);
  clock.advance(24 * hour);
  await eventually(renewals).toBe(1);
  expect(Math.max(...clock.sleeps)).toBeLessThanOrEqual(longestTimer);
});

test('does not renew a token that never ends', async () => {
  await openWithTokenFile(0);
  world.adapter.start();
  await isLoggedIn();
  expect(world.adapter.vault.session()).toEqual({
    state: 'logged-in',
    method: 'token-file',
    policies: ['chatelaine'],
  });
  clock.advance(48 * hour);
  await world.adapter.vault.metadata(jellyfin, call());
  expect(renewals()).toBe(0);
  expect(Math.max(...clock.sleeps)).toBeLessThanOrEqual(longestTimer);
});

test.each<[string, (on: boolean) => void, RegExp]>([
  [
    'sealed',
    (on) =>
      world.standIn.replicas.forEach(({ name }) =>
        on ? world.standIn.seal(name) : world.standIn.unseal(name),
      ),
    /^Vault is sealed$/,
  ],
  [
    'away',
    (on) => {
      world.standIn.faults.down = on;
    },
    /^Vault cut the connection/,
  ],
])('goes on trying while Vault is %s, and recovers by itself', async (_what, toggle, why) => {
  await open();
  toggle(true);
  world.adapter.start();
  await eventually(state).toBe('failing');
  expect(world.adapter.vault.session().why).toMatch(why);
  await eventually(() => clock.untilNext()).toBe(1_000);
  clock.advance(1_000);
  await eventually(() => clock.untilNext()).toBe(2_000);
  toggle(false);
  clock.advance(2_000);
  await isLoggedIn();
  expect(world.adapter.vault.session()).not.toHaveProperty('why');
});

test('waits at most about a minute between two tries', async () => {
  await open();
  world.standIn.faults.down = true;
  world.adapter.start();
  for (let tries = 1; tries < 12; tries += 1) {
    await eventually(logins).toBe(tries);
    await expect.poll(() => clock.untilNext()).toBe(Math.min(1_000 * 2 ** (tries - 1), minute));
    clock.advance(clock.untilNext() ?? 0);
  }
});

test('keeps a token whose renewal failed, and says why', async () => {
  await open();
  world.adapter.start();
  await isLoggedIn();
  await isAsleep();
  world.standIn.faults.down = true;
  clock.advance(10 * minute);
  await eventually(() => world.adapter.vault.session().why).toMatch(/cut the connection/);
  expect(state()).toBe('logged-in');
  world.standIn.faults.down = false;
  await eventually(() => clock.untilNext()).toBe(1_000);
  clock.advance(1_000);
  await eventually(() => world.adapter.vault.session().why).toBeUndefined();
  expect(logins()).toBe(1);
});

test('logs in again when the token has ended early, and asks once more', async () => {
  await open();
  await world.adapter.vault.metadata(jellyfin, call());
  world.standIn.expireTokens();
  await Promise.all(Array.from({ length: 10 }, () => world.adapter.vault.metadata(jellyfin, call())));
  expect(logins()).toBe(2);
  world.standIn.expireTokens();
  expect(await world.adapter.vault.patch(jellyfin, values(), 7, call())).toMatchObject({ version: 8 });
  expect(world.standIn.read(jellyfin)?.version).toBe(8);
  expect(world.count('PATCH', 'jellyfin')).toBe(2);
});

test('takes the word of a policy as it is, without a new login', async () => {
  await open();
  world.standIn.faults.denied = true;
  const fault = await faultOf(world.adapter.vault.patch(jellyfin, values(), 7, call()), 'vault-denied');
  expect(fault.wrong).toBe("the bot's policy does not allow patch on kv/data/media/jellyfin");
  expect(fault.next).toContain('manifests/vault/chatelaine.hcl');
  expect(logins()).toBe(1);
  expect(world.count('PATCH', 'jellyfin')).toBe(1);
  expect(world.count('GET', '/lookup-self')).toBe(1);
});

test("reads the ServiceAccount's token afresh for each login", async () => {
  await open();
  await writeFile(world.tokenFile, 'jwt-of-another');
  const fault = await faultOf(world.adapter.vault.metadata(jellyfin, call()), 'vault-login');
  expect(fault.wrong).toContain('role chatelaine');
  expect(state()).toBe('failing');
  await writeFile(world.tokenFile, 'jwt-of-the-bot\n');
  clock.advance(1_000);
  await world.adapter.vault.metadata(jellyfin, call());
  expect(state()).toBe('logged-in');
});

test('gives the same answer to everybody who asks within a second of a failed login', async () => {
  await open();
  await writeFile(world.tokenFile, 'jwt-of-another');
  await faultOf(world.adapter.vault.metadata(jellyfin, call()), 'vault-login');
  await faultOf(world.adapter.vault.metadata(jellyfin, call()), 'vault-login');
  expect(logins()).toBe(1);
});

test('a login that fails after its only asker has gone ends nothing else', async () => {
  await open();
  await writeFile(world.tokenFile, 'jwt-of-another');
  const unheard: unknown[] = [];
  const hear = (reason: unknown): void => void unheard.push(reason);
  process.on('unhandledRejection', hear);
  try {
    const signal = AbortSignal.abort(new Error('stopping'));
    await expect(world.adapter.vault.metadata(jellyfin, { ...call(), signal })).rejects.toThrow('stopping');
    await eventually(state).toBe('failing');
    await new Promise((resolve) => setImmediate(resolve));
    expect(unheard).toEqual([]);
  } finally {
    process.off('unhandledRejection', hear);
  }
});

test.each([
  [
    'is missing',
    { auth: { kind: 'kubernetes', mount: 'kubernetes', role: 'chatelaine', tokenFile: '/nowhere/token' } },
    /\/nowhere\/token can not be used \(ENOENT\)/,
  ],
  [
    'names a role that Vault does not know',
    { role: 'nobody' },
    /no such role \(auth\/kubernetes, role nobody\)/,
  ],
  ['names a mount that is not there', { mount: 'elsewhere' }, /auth\/elsewhere, role chatelaine/],
] as const)('says what is wrong with a login that %s', async (_what, given, words) => {
  await open();
  const { tokenFile, standIn } = world;
  const auth =
    'auth' in given
      ? given.auth
      : { kind: 'kubernetes' as const, mount: 'kubernetes', role: 'chatelaine', tokenFile, ...given };
  const other = await openWorld({ vault: { address: standIn.url, auth } });
  const fault = await faultOf(other.adapter.vault.metadata(jellyfin, call()), 'vault-login');
  expect(fault.wrong).toMatch(words);
  await other.close();
});

test('takes a token file that was replaced', async () => {
  const file = await openWithTokenFile(0);
  await world.adapter.vault.metadata(jellyfin, call());
  world.standIn.faults.denied = false;
  const next = world.standIn.tokenFor(['chatelaine'], 3600);
  await writeFile(file, `${next}\n\n`);
  await world.adapter.vault.metadata(jellyfin, call());
  expect(world.received.at(-1)?.headers['x-vault-token']).toBe(next);
});

test('does not quote a token that can be no header', async () => {
  const file = await openWithTokenFile(0);
  await writeFile(file, 'canary-token\nwith a second line');
  const fault = await faultOf(world.adapter.vault.metadata(jellyfin, call()), 'vault-login');
  expect(JSON.stringify(fault) + fault.stack).not.toContain('canary-token');
});

test('gives back at the end the token that was made for it, and not one from a file', async () => {
  await open();
  await world.adapter.vault.metadata(jellyfin, call());
  await world.adapter.close();
  expect(world.count('POST', '/revoke-self')).toBe(1);
  expect(state()).toBe('logged-out');
  await faultOf(world.adapter.vault.metadata(jellyfin, call()), 'stopping');
  await world.close();
  await openWithTokenFile(3600);
  await world.adapter.vault.metadata(jellyfin, call());
  await world.adapter.close();
  expect(world.count('POST', '/revoke-self')).toBe(0);
});
