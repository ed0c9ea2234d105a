import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  call,
  callAsAdmin,
  externalSecret,
  externalSecrets,
  leases,
  startWorld,
  until,
  type World,
} from './support.ts';

// What is expected here was read off a kube-apiserver 1.34.

let world: World;
beforeAll(async () => {
  world = await startWorld([
    externalSecret('jellyfin'),
    externalSecret('sonarr', {}, { labels: { app: 'sonarr' } }),
  ]);
});
afterAll(() => world.kubernetes.close());

const bot = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  call(world.kubernetes, method, path, body, headers);
const admin = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  callAsAdmin(world.kubernetes, method, path, body, headers);

function lease(name: string, spec: object = {}, metadata: object = {}): object {
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, ...metadata }, spec };
}

describe('what is refused, and how', () => {
  test('a wrong token is 401, and none is nobody', async () => {
    const status = {
      kind: 'Status',
      status: 'Failure',
      message: 'Unauthorized',
      reason: 'Unauthorized',
      code: 401,
    };
    expect(await bot('GET', externalSecrets, undefined, { authorization: 'Bearer x' })).toMatchObject({
      status: 401,
      body: status,
    });
    expect(await bot('GET', externalSecrets, undefined, { authorization: '' })).toMatchObject({
      status: 403,
      body: { message: expect.stringContaining('User "system:anonymous" cannot list') },
    });
  });

  test('what no Role gives is 403, and says who, what and where', async () => {
    expect(await bot('GET', '/api/v1/namespaces/media/secrets/jellyfin')).toMatchObject({
      status: 403,
      body: {
        message:
          'secrets "jellyfin" is forbidden: User "system:serviceaccount:chatelaine:chatelaine" cannot get resource "secrets" in API group "" in the namespace "media"',
        reason: 'Forbidden',
        details: { name: 'jellyfin', kind: 'secrets' },
        code: 403,
      },
    });
    const atCluster = await bot('GET', '/api/v1/secrets?watch=true');
    expect(atCluster.body.message).toContain(
      'cannot watch resource "secrets" in API group "" at the cluster scope',
    );
  });

  test.each([
    ['POST', '/api/v1/namespaces/media/serviceaccounts/default/token'],
    ['POST', externalSecrets],
    ['PUT', `${externalSecrets}/jellyfin`],
    ['DELETE', `${externalSecrets}/jellyfin`],
    ['PATCH', `${externalSecrets}/jellyfin/status`],
    ['PATCH', '/apis/external-secrets.io/v1/clustersecretstores/vault/status'],
    ['DELETE', '/apis/external-secrets.io/v1/clustersecretstores/vault'],
    ['GET', '/apis/coordination.k8s.io/v1/namespaces/media/leases'],
    ['DELETE', leases],
    ['POST', '/apis/authentication.k8s.io/v1/tokenreviews'],
    ['GET', '/apis/rbac.authorization.k8s.io/v1/clusterroles'],
  ])('the bot may not %s %s', async (method, path) => {
    const body = method === 'GET' ? undefined : {};
    expect(await bot(method, path, body)).toMatchObject({ status: 403, body: { reason: 'Forbidden' } });
  });

  test('what is not there is 404, in the words for each case', async () => {
    expect((await admin('GET', '/api/v1/namespaces/media/secrets/none')).body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'secrets "none" not found',
      reason: 'NotFound',
      details: { name: 'none', kind: 'secrets' },
      code: 404,
    });
    expect((await admin('GET', '/apis/apps/v1/nopes')).body.message).toBe(
      'the server could not find the requested resource',
    );
    expect((await admin('GET', '/apis/nope/v1/x')).body).toBe('404 page not found\n');
    const elsewhere = await admin('POST', '/api/v1/namespaces/nope/secrets', {
      kind: 'Secret',
      metadata: { name: 'x' },
    });
    expect(elsewhere.body.message).toBe('namespaces "nope" not found');
  });

  test.each([
    ['a name', lease('Bad_Name'), 422, 'metadata.name: Invalid value: "Bad_Name"'],
    [
      'an annotation key',
      lease('a', {}, { annotations: { 'a b': '' } }),
      422,
      'metadata.annotations: Invalid value: "a b"',
    ],
    ['a label', lease('a', {}, { labels: { a: 'b c' } }), 422, 'metadata.labels: Invalid value: "b c"'],
    [
      'too many annotations',
      lease('a', {}, { annotations: { a: 'x'.repeat(262_144) } }),
      422,
      'Too long: may not be more than 262144 bytes',
    ],
    [
      'a duration',
      lease('a', { leaseDurationSeconds: 0 }),
      422,
      'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
    ],
    [
      'milliseconds',
      lease('a', { renewTime: '2026-11-24T10:00:00.000Z' }),
      400,
      'parsing time "2026-11-24T10:00:00.000Z" as "2006-01-02T15:04:05.000000Z07:00"',
    ],
    ['a number as annotation', lease('a', {}, { annotations: { a: 1 } }), 400, 'of type string'],
    [
      'a version',
      lease('a', {}, { resourceVersion: '5' }),
      500,
      'resourceVersion should not be set on objects to be created',
    ],
    [
      'another namespace',
      lease('a', {}, { namespace: 'media' }),
      400,
      'the namespace of the provided object does not match the namespace sent on the request',
    ],
    ['another kind', { ...lease('a'), kind: 'Secret' }, 400, 'cannot be handled as a Lease'],
    ['no JSON', '{', 400, 'unrecognized'],
  ])('a Lease with %s that is not allowed', async (_what, body, status, message) => {
    const answer = await bot('POST', leases, body);
    expect(answer.status).toBe(status);
    expect(answer.body.message).toContain(message);
  });

  test('an ExternalSecret without what its definition requires', async () => {
    const body = externalSecret('bad', { data: [{ secretKey: 'x' }] });
    expect((await admin('POST', externalSecrets, body)).body).toMatchObject({
      message: 'ExternalSecret.external-secrets.io "bad" is invalid: spec.data[0].remoteRef: Required value',
      reason: 'Invalid',
      details: { causes: [{ reason: 'FieldValueRequired', field: 'spec.data[0].remoteRef' }] },
      code: 422,
    });
  });
});

describe('writes', () => {
  test('a Lease lives by its versions', async () => {
    const made = await bot('POST', leases, lease('one', { holderIdentity: 'a' }));
    expect(made.status).toBe(201);
    expect(await bot('POST', leases, lease('one'))).toMatchObject({
      status: 409,
      body: { reason: 'AlreadyExists', message: 'leases.coordination.k8s.io "one" already exists' },
    });
    const next = { ...made.body, spec: { holderIdentity: 'b' } };
    const replaced = await bot('PUT', `${leases}/one`, next);
    expect(replaced).toMatchObject({ status: 200, body: { spec: { holderIdentity: 'b' } } });
    expect(replaced.body.metadata).toMatchObject({
      uid: made.body.metadata.uid,
      creationTimestamp: made.body.metadata.creationTimestamp,
    });
    expect(await bot('PUT', `${leases}/one`, next)).toMatchObject({
      status: 409,
      body: {
        reason: 'Conflict',
        message:
          'Operation cannot be fulfilled on leases.coordination.k8s.io "one": the object has been modified; please apply your changes to the latest version and try again',
        details: { name: 'one', group: 'coordination.k8s.io', kind: 'leases' },
      },
    });
    expect((await bot('PUT', `${leases}/one`, lease('one'))).body).toMatchObject({
      code: 422,
      message:
        'leases.coordination.k8s.io "one" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    });
    expect(await bot('PUT', `${leases}/one`, lease('two'))).toMatchObject({ status: 400 });
    const uid = { preconditions: { uid: 'another' } };
    expect(await bot('DELETE', `${leases}/one`, uid)).toMatchObject({
      status: 409,
      body: { reason: 'Conflict' },
    });
    const stale = { preconditions: { resourceVersion: made.body.metadata.resourceVersion } };
    expect((await bot('DELETE', `${leases}/one`, stale)).body).toMatchObject({
      reason: 'Conflict',
      message: expect.stringContaining('The object might have been modified'),
    });
    const fresh = { preconditions: { resourceVersion: replaced.body.metadata.resourceVersion } };
    expect(await bot('DELETE', `${leases}/one?dryRun=All`, fresh)).toMatchObject({ status: 200 });
    expect(await bot('DELETE', `${leases}/one`, fresh)).toMatchObject({
      status: 200,
      body: { status: 'Success' },
    });
    expect(await bot('DELETE', `${leases}/one`, fresh)).toMatchObject({ status: 404 });
  });

  test('a PUT of a Lease that is gone is a conflict with a version, and makes it without one', async () => {
    const versioned = lease('gone', {}, { resourceVersion: '5' });
    expect(await bot('PUT', `${leases}/gone`, versioned)).toMatchObject({
      status: 409,
      body: { reason: 'Conflict' },
    });
    expect(await bot('PUT', `${leases}/gone`, lease('gone'))).toMatchObject({ status: 201 });
  });

  test('generateName, and a name that a dry run did not take', async () => {
    expect(await bot('POST', `${leases}?dryRun=All`, lease('dry'))).toMatchObject({ status: 201 });
    expect(await bot('GET', `${leases}/dry`)).toMatchObject({ status: 404 });
    const made = await bot('POST', leases, { kind: 'Lease', metadata: { generateName: 'gen-' }, spec: {} });
    expect(made.body.metadata.name).toMatch(/^gen-[a-z0-9]{5}$/);
  });

  test('a merge patch counts the generation for the spec only, and a repeated one changes nothing', async () => {
    const path = `${externalSecrets}/sonarr`;
    const before = (await admin('GET', path)).body.metadata;
    const patch = { metadata: { annotations: { 'force-sync': 'a' } } };
    const first = (await bot('PATCH', path, patch)).body.metadata;
    expect(first.generation).toBe(before.generation);
    expect(Number(first.resourceVersion)).toBeGreaterThan(Number(before.resourceVersion));
    await until(() => world.kubernetes.settled());
    const settled = (await bot('GET', path)).body.metadata.resourceVersion;
    expect((await bot('PATCH', path, patch)).body.metadata.resourceVersion).toBe(settled);
    const spec = (await admin('PATCH', path, { spec: { refreshInterval: '2h' } })).body.metadata;
    expect(spec.generation).toBe(before.generation + 1);
  });

  test('a version in a merge patch is a precondition, and another uid is refused', async () => {
    const path = `${externalSecrets}/jellyfin`;
    const stale = { metadata: { resourceVersion: '1', annotations: { 'force-sync': 'x' } } };
    expect(await bot('PATCH', path, stale)).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
    const other = { metadata: { uid: '00000000-0000-0000-0000-000000000000' } };
    expect((await admin('PATCH', path, other)).body).toMatchObject({
      code: 422,
      message: expect.stringContaining('metadata.uid: Invalid value'),
    });
  });

  test('patches by their types: a strategic one is not for custom resources', async () => {
    const path = `${externalSecrets}/jellyfin`;
    const patch = { metadata: { annotations: { 'force-sync': '1' } } };
    const types = {
      strategic: 'application/strategic-merge-patch+json',
      json: 'application/json-patch+json',
    };
    expect(await bot('PATCH', path, patch, { 'content-type': types.strategic })).toMatchObject({
      status: 415,
      body: { reason: 'UnsupportedMediaType' },
    });
    expect(await bot('PATCH', path, patch, { 'content-type': 'application/json' })).toMatchObject({
      status: 415,
    });
    expect(await bot('PATCH', path, [1])).toMatchObject({ status: 400 });
    const failing = [{ op: 'test', path: '/metadata/name', value: 'x' }];
    expect(await bot('PATCH', path, failing, { 'content-type': types.json })).toMatchObject({ status: 422 });
    const add = [{ op: 'add', path: '/metadata/annotations', value: { 'force-sync': '2' } }];
    expect(await bot('PATCH', path, add, { 'content-type': types.json })).toMatchObject({ status: 200 });
    const apply = 'metadata: {annotations: {force-sync: "3"}}';
    const applied = await bot('PATCH', path, apply, { 'content-type': 'application/apply-patch+yaml' });
    expect(applied.body.metadata.annotations).toEqual({ 'force-sync': '3' });
  });

  test('status is a subresource: a write to the object leaves it, a write to it leaves the object', async () => {
    const path = `${externalSecrets}/jellyfin`;
    const written = await admin('PATCH', path, { status: { refreshTime: 'never' } });
    expect(written.body.status.refreshTime).not.toBe('never');
    const change = { spec: { refreshInterval: '9h' }, status: { refreshTime: '2020-01-01T00:00:00Z' } };
    const status = await admin('PATCH', `${path}/status`, change);
    expect(status.body).toMatchObject({ status: { refreshTime: '2020-01-01T00:00:00Z' } });
    expect(status.body.spec.refreshInterval).not.toBe('9h');
  });
});

describe('lists', () => {
  test('in pages, with what is left, at the version of the first', async () => {
    const first = (await bot('GET', `${externalSecrets}?limit=1`)).body;
    expect(first).toMatchObject({ kind: 'ExternalSecretList', metadata: { remainingItemCount: 1 } });
    expect(first.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual([
      'jellyfin',
    ]);
    await bot('PATCH', `${externalSecrets}/sonarr`, {
      metadata: { annotations: { 'force-sync': 'between' } },
    });
    const second = (await bot('GET', `${externalSecrets}?limit=1&continue=${first.metadata.continue}`)).body;
    expect(second.items[0].metadata.name).toBe('sonarr');
    expect(second.metadata).toEqual({ resourceVersion: first.metadata.resourceVersion });
    expect(await bot('GET', `${externalSecrets}?continue=zzz`)).toMatchObject({ status: 400 });
    const later = await bot('GET', `${externalSecrets}?resourceVersion=99999999`);
    expect(later).toMatchObject({ status: 504, body: { reason: 'Timeout' } });
  });

  test('items of a built-in kind come without their kind, those of a custom one with it', async () => {
    const accounts = (await bot('GET', '/api/v1/namespaces/chatelaine/serviceaccounts')).body;
    expect(accounts.kind).toBe('ServiceAccountList');
    expect(accounts.items.length).toBeGreaterThan(0);
    for (const item of accounts.items) expect(item).not.toHaveProperty('kind');
    const custom = (await bot('GET', '/apis/external-secrets.io/v1/externalsecrets')).body;
    expect(custom.items[0].kind).toBe('ExternalSecret');
  });

  test.each([
    ['labelSelector=app%3Dsonarr', ['sonarr']],
    ['labelSelector=app!%3Dsonarr', ['jellyfin']],
    ['labelSelector=app+in+(sonarr,radarr)', ['sonarr']],
    ['labelSelector=app+notin+(sonarr)', ['jellyfin']],
    ['labelSelector=!app', ['jellyfin']],
    ['labelSelector=app', ['sonarr']],
    ['fieldSelector=metadata.name%3Djellyfin', ['jellyfin']],
    ['fieldSelector=metadata.name%3Djellyfin&labelSelector=app', []],
  ])('%s', async (query, names) => {
    const { body } = await bot('GET', `${externalSecrets}?${query}`);
    expect(body.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(names);
  });

  test('selectors that the server does not know are 400', async () => {
    expect((await bot('GET', `${externalSecrets}?fieldSelector=spec.x%3D1`)).body.message).toBe(
      'field label not supported: spec.x',
    );
    expect(await bot('GET', `${externalSecrets}?labelSelector=a%3D%3D%3D`)).toMatchObject({ status: 400 });
  });
});

describe('beside objects', () => {
  test('version and health need no token, discovery needs one', async () => {
    const none = { authorization: '' };
    expect((await bot('GET', '/version', undefined, none)).body.gitVersion).toBe('v1.34.4');
    expect((await bot('GET', '/readyz', undefined, none)).body).toBe('ok');
    expect(await bot('GET', '/apis', undefined, none)).toMatchObject({ status: 403 });
    const { body } = await bot('GET', '/apis/external-secrets.io/v1');
    expect(body.resources.map((each: { name: string }) => each.name)).toContain('externalsecrets/status');
    expect((await bot('GET', '/api/v1')).body.kind).toBe('APIResourceList');
    expect((await bot('GET', '/apis')).body.groups.map((each: { name: string }) => each.name)).toContain(
      'apps',
    );
  });

  test('a token is asked for, reviewed, and good for its audience only', async () => {
    const request = { kind: 'TokenRequest', spec: { audiences: ['vault'] } };
    const path = '/api/v1/namespaces/chatelaine/serviceaccounts/chatelaine/token';
    const { status, body } = await admin('POST', path, request);
    expect(status).toBe(201);
    const { token } = body.status;
    const spec = { token, audiences: ['vault'] };
    const review = await admin('POST', '/apis/authentication.k8s.io/v1/tokenreviews', {
      kind: 'TokenReview',
      spec,
    });
    expect(review.body.status).toMatchObject({
      authenticated: true,
      user: { username: 'system:serviceaccount:chatelaine:chatelaine' },
      audiences: ['vault'],
    });
    expect(world.kubernetes.reviewToken(token)).toMatchObject({ authenticated: false });
    expect(world.kubernetes.reviewToken(world.kubernetes.botToken)).toMatchObject({ authenticated: true });
    expect(await bot('GET', '/version', undefined, { authorization: `Bearer ${token}` })).toMatchObject({
      status: 200,
    });
    expect(await bot('GET', externalSecrets, undefined, { authorization: `Bearer ${token}` })).toMatchObject({
      status: 401,
    });
  });

  test('the bot may ask what it may', async () => {
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    const ask = async (resource: string): Promise<unknown> => {
      const spec = { resourceAttributes: { verb: 'list', group: '', resource } };
      return (await bot('POST', path, { kind: 'SelfSubjectAccessReview', spec })).body.status.allowed;
    };
    expect(await ask('secrets')).toBe(false);
    expect(await ask('serviceaccounts')).toBe(true);
  });
});
