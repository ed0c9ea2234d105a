import { afterEach, expect, test } from 'vitest';
import type { Received } from '../../../src/playground/http-stand-in.ts';
import {
  call,
  callAsAdmin,
  externalSecret,
  externalSecrets,
  leases,
  startWorld,
  type World,
} from './support.ts';

let world: World;
afterEach(() => world.kubernetes.close());

const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'a' }, spec: {} };
const mark = { metadata: { annotations: { 'force-sync': 'a' } } };

test('denied: 403 for everything, in the real form', async () => {
  world = await startWorld();
  world.kubernetes.faults.denied = true;
  expect(await call(world.kubernetes, 'GET', externalSecrets)).toMatchObject({
    status: 403,
    body: { reason: 'Forbidden' },
  });
  expect(await call(world.kubernetes, 'POST', leases, lease)).toMatchObject({ status: 403 });
});

test('conflict: so many writes, then no more', async () => {
  world = await startWorld([externalSecret('jellyfin')]);
  world.kubernetes.faults.conflict = 1;
  const path = `${externalSecrets}/jellyfin`;
  expect(await call(world.kubernetes, 'PATCH', path, mark)).toMatchObject({
    status: 409,
    body: { reason: 'Conflict' },
  });
  expect(await call(world.kubernetes, 'PATCH', path, mark)).toMatchObject({ status: 200 });
});

test('leaseWritesFail: Leases can be read, writes of them are 500, all else is well', async () => {
  world = await startWorld([externalSecret('jellyfin')]);
  expect(await call(world.kubernetes, 'POST', leases, lease)).toMatchObject({ status: 201 });
  world.kubernetes.faults.leaseWritesFail = true;
  for (const [method, path] of [
    ['POST', leases],
    ['PATCH', `${leases}/a`],
    ['DELETE', `${leases}/a`],
  ] as const) {
    const answer = await call(world.kubernetes, method, path, lease);
    expect(answer).toMatchObject({ status: 500, body: { reason: 'InternalError' } });
  }
  expect(await call(world.kubernetes, 'GET', `${leases}/a`)).toMatchObject({ status: 200 });
  expect(await call(world.kubernetes, 'PATCH', `${externalSecrets}/jellyfin`, mark)).toMatchObject({
    status: 200,
  });
});

test('what was received is recorded whole, and can be held before and after', async () => {
  const received: Received[] = [];
  const moments: string[] = [];
  world = await startWorld([externalSecret('jellyfin')], {
    record: (each) => received.push(each),
    gate: (moment) => void moments.push(moment),
  });
  await call(world.kubernetes, 'PATCH', `${externalSecrets}/jellyfin?dryRun=All`, mark);
  expect(received).toMatchObject([
    {
      server: 'kubernetes',
      method: 'PATCH',
      url: `${externalSecrets}/jellyfin?dryRun=All`,
      body: JSON.stringify(mark),
    },
  ]);
  expect(moments).toEqual(['received', 'done']);
});

test('an administrator who takes the Role away takes the right', async () => {
  world = await startWorld();
  expect(await call(world.kubernetes, 'GET', externalSecrets)).toMatchObject({ status: 200 });
  await callAsAdmin(
    world.kubernetes,
    'DELETE',
    '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/chatelaine',
  );
  expect(await call(world.kubernetes, 'GET', externalSecrets)).toMatchObject({ status: 403 });
  expect(await call(world.kubernetes, 'GET', leases)).toMatchObject({ status: 200 });
});
