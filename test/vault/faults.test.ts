import { afterEach, describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../src/core/errors.ts';
import { type HttpStandIn, type Reply, startHttpStandIn } from '../../src/playground/http-stand-in.ts';
import { FakeClock } from './fake-clock.ts';
import { call, canary, jellyfin, mount, values } from './names.ts';
import { eventually, faultOf, openWorld, type World } from './world.ts';

let world: World;
afterEach(() => world.close());

const mayBeDone = 'It may have been done or not: nothing was heard of it.';
const unchanged = 'Nothing was changed by this request.';

const read = (): Promise<unknown> => world.adapter.vault.metadata(jellyfin, call());
const patch = (): Promise<unknown> => world.adapter.vault.patch(jellyfin, values(), 7, call());
const annotate = (): Promise<unknown> => world.adapter.vault.annotate(jellyfin, { a: 'b' }, call());
const sealAll = (): void => world.standIn.replicas.forEach(({ name }) => world.standIn.seal(name));

describe('a Vault that is', () => {
  test('sealed', async () => {
    world = await openWorld();
    await read();
    sealAll();
    for (const ask of [read, patch, annotate]) {
      const fault = await faultOf(ask(), 'vault-sealed');
      expect(fault).toMatchObject({ wrong: 'Vault is sealed', state: unchanged, status: 503 });
    }
    expect(world.count('PATCH', '/data/media/jellyfin')).toBe(1);
  });

  test('without an active replica: no redirect is followed', async () => {
    world = await openWorld();
    await read();
    world.standIn.seal('vault-0');
    world.standIn.seal('vault-1');
    for (const ask of [read, patch]) {
      const fault = await faultOf(ask(), 'vault-unreachable');
      expect(fault).toMatchObject({ state: unchanged, status: 307 });
      expect(fault.wrong).toContain('no replica of Vault is active');
    }
    // The redirect names the replica that led: nothing may have come there.
    expect(world.received.filter(({ server }) => server !== 'vault')).toEqual([]);
  });

  test('gone: nothing was sent', async () => {
    world = await openWorld();
    await read();
    await world.standIn.close();
    // The first one after it may meet a kept-alive connection that nobody has seen to be closed.
    await patch().catch(() => undefined);
    for (const ask of [read, patch]) {
      const fault = await faultOf(ask(), 'vault-unreachable');
      expect(fault).toMatchObject({
        wrong: 'Vault refused the connection; nothing was sent',
        state: unchanged,
      });
    }
  });

  test('unknown by name', async () => {
    world = await openWorld({ vault: { address: 'http://vault.invalid:8200' } });
    const fault = await faultOf(read(), 'vault-unreachable');
    expect(fault.wrong).toMatch(
      /^Vault has a name that (?:is not known|could not be looked up); nothing was sent$/,
    );
  });
});

describe('an answer that is lost', () => {
  test('leaves open whether a write was done, and is not sent again', async () => {
    world = await openWorld();
    world.standIn.faults.loseAnswer = 1;
    expect((await faultOf(patch(), 'vault-no-answer')).state).toBe(mayBeDone);
    expect(world.standIn.read(jellyfin)?.version).toBe(8);
    expect(world.count('PATCH', 'jellyfin')).toBe(1);
  });

  test('of a read is asked for again, twice', async () => {
    let cuts = 2;
    world = await openWorld({
      standIn: {
        gate: (_moment, { url }) => {
          if (!url.includes('/metadata/') || cuts === 0) return;
          cuts -= 1;
          throw new Error('cut');
        },
      },
    });
    expect(await read()).toMatchObject({ currentVersion: 7 });
    cuts = 3;
    expect(await faultOf(read(), 'vault-no-answer')).toMatchObject({ state: unchanged });
  });

  test.each([
    ['a read', () => read(), unchanged],
    ['a write', () => patch(), mayBeDone],
  ] as const)('of %s is waited for ten seconds', async (_what, ask, state) => {
    const clock = new FakeClock();
    world = await openWorld({ vault: { clock } });
    await read();
    const before = world.received.length;
    world.standIn.faults.slow = 60_000;
    const fault = faultOf(ask(), 'vault-no-answer');
    await eventually(() => world.received.length).toBe(before + 1);
    clock.advance(10_000);
    expect(await fault).toMatchObject({ wrong: 'Vault gave no answer in time', state });
  });

  test("ends with the caller's own signal", async () => {
    world = await openWorld();
    await read();
    const before = world.received.length;
    world.standIn.faults.slow = 60_000;
    const stop = new AbortController();
    const reason = new Error('the caller has its own reason');
    const reading = world.adapter.vault.metadata(jellyfin, call(stop.signal));
    const writing = faultOf(
      world.adapter.vault.patch(jellyfin, values(), 7, call(stop.signal)),
      'vault-no-answer',
    );
    await eventually(() => world.received.length).toBe(before + 2);
    stop.abort(reason);
    await expect(reading).rejects.toBe(reason);
    expect((await writing).state).toBe(mayBeDone);
    await expect(world.adapter.vault.patch(jellyfin, values(), 7, call(stop.signal))).rejects.toBe(reason);
    expect(world.received.length).toBe(before + 2);
  });
});

describe('something in between that answers', () => {
  let proxy: HttpStandIn;
  afterEach(() => proxy.close());

  /** Everything but the login and the lookup of the token is answered by `reply`. */
  async function openBehind(reply: Reply): Promise<void> {
    const auth = {
      client_token: 's.behind-the-proxy',
      policies: ['chatelaine'],
      lease_duration: 900,
      renewable: true,
    };
    const own: Reply = {
      status: 200,
      body: { auth, data: { ttl: 900, renewable: true, expire_time: 'then' } },
    };
    proxy = await startHttpStandIn('proxy', ({ url }) => (url.includes('/auth/') ? own : reply));
    world = await openWorld({ vault: { address: proxy.url } });
  }

  const page = `<html>${canary} s.behind-the-proxy</html>`;
  test.each<[string, Reply, ErrorCode, ErrorCode]>([
    ['200 with a page', { status: 200, body: page }, 'vault-unexpected', 'vault-no-answer'],
    [
      '200 with other JSON',
      { status: 200, body: { data: { version: canary } } },
      'vault-unexpected',
      'vault-no-answer',
    ],
    ['502 with a page', { status: 502, body: page }, 'vault-unexpected', 'vault-no-answer'],
    ['503 with a page', { status: 503, body: page }, 'vault-unexpected', 'vault-no-answer'],
    [
      "500 in Vault's words",
      { status: 500, body: { errors: [canary] } },
      'vault-unexpected',
      'vault-no-answer',
    ],
    ['412', { status: 412, body: { errors: [canary] } }, 'vault-unexpected', 'vault-unexpected'],
    ['429', { status: 429, body: { errors: [canary] } }, 'vault-unexpected', 'vault-unexpected'],
    ['403', { status: 403, body: { errors: [canary] } }, 'vault-denied', 'vault-denied'],
    ['405', { status: 405, body: { errors: [canary] } }, 'vault-unexpected', 'vault-unexpected'],
  ])('%s', async (_what, reply, forRead, forWrite) => {
    await openBehind(reply);
    const faults = [await faultOf(read(), forRead), await faultOf(patch(), forWrite)];
    expect(faults[1]?.state).toBe(forWrite === 'vault-no-answer' ? mayBeDone : unchanged);
    expect(JSON.stringify(faults) + faults.map(({ stack }) => stack).join()).not.toMatch(/canary|s\.behind/);
  });

  test('a redirect to another host, which gets neither token nor value', async () => {
    const seen: string[] = [];
    const thief = await startHttpStandIn('thief', ({ url }) => {
      seen.push(url);
      return { status: 200, body: {} };
    });
    await openBehind({ status: 307, headers: { location: `${thief.url}/v1/kv/data/media/jellyfin` } });
    await faultOf(patch(), 'vault-unreachable');
    await faultOf(read(), 'vault-unreachable');
    expect(seen).toEqual([]);
    await thief.close();
  });

  test('an endless answer', async () => {
    await openBehind({
      take: (response) => {
        const more = (): void => {
          while (response.write('x'.repeat(65_536)));
        };
        response.on('drain', more);
        response.writeHead(200);
        more();
      },
    });
    expect((await faultOf(read(), 'vault-no-answer')).wrong).toBe('Vault answered with more than 8 MB');
  });

  test('the refusal of a 400 that is no conflict', async () => {
    const facts = { created_time: 'then', deletion_time: '', destroyed: false };
    const data = {
      current_version: 7,
      oldest_version: 0,
      max_versions: 0,
      cas_required: true,
      updated_time: 'then',
      versions: { 7: facts },
    };
    await openBehind({ status: 200, body: { data } });
    const inner = proxy;
    proxy = await startHttpStandIn('picky', async (received) => {
      if (received.method === 'PATCH') return { status: 400, body: { errors: [canary] } };
      const answer = await fetch(inner.url + received.url, {
        method: received.method,
        ...(received.body === '' ? {} : { body: received.body }),
      });
      return { status: answer.status, body: await answer.text() };
    });
    await world.close();
    world = await openWorld({ vault: { address: proxy.url, mount } });
    expect((await faultOf(patch(), 'vault-unexpected')).status).toBe(400);
    await inner.close();
  });
});
