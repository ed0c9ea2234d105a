import { afterEach, expect, test } from 'vitest';
import type { KubeObject, Manifest } from '../../../src/playground/kubernetes/api/kube-object.ts';
import type { Change } from '../../../src/playground/kubernetes/api/object-store.ts';
import { call, externalSecret, startWorld, until, type World } from './support.ts';

let world: World;
afterEach(() => world.kubernetes.close());

function workload(kind: string, metadata: object = {}, spec: object = {}): Manifest {
  const container = { name: 'app', image: 'app:1', envFrom: [{ secretRef: { name: 'jellyfin' } }] };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name: 'app', namespace: 'media', ...metadata },
    spec: { template: { metadata: {}, spec: { containers: [container] } }, ...spec },
  };
}

function app(kind: string): KubeObject {
  const found = world.kubernetes.object(kind, 'media', 'app');
  if (found === undefined) throw new Error(`no ${kind}`);
  return found;
}

/** Every status of the workload from now on. */
function statuses(kind: string): KubeObject['status'][] {
  const seen: KubeObject['status'][] = [];
  world.kubernetes.onChange(({ object }: Change) => {
    if (object.kind === kind) seen.push(object.status);
  });
  return seen;
}

async function restart(kind: string): Promise<number> {
  const path = `/apis/apps/v1/namespaces/media/${kind.toLowerCase()}s/app`;
  const annotations = { 'chatelaine.dev/restarted-by': 'operation-1' };
  const patch = { spec: { template: { metadata: { annotations } } } };
  const { status, body } = await call(world.kubernetes, 'PATCH', path, patch);
  expect(status).toBe(200);
  return body.metadata.generation as number;
}

const progressing = (status: KubeObject['status']): unknown =>
  (status?.['conditions'] as unknown as { type: string; reason: string }[] | undefined)?.find(
    ({ type }) => type === 'Progressing',
  )?.reason;

test('a Deployment: observed, one new pod, all of them', async () => {
  world = await startWorld([workload('Deployment', {}, { replicas: 2 })]);
  const whole = { replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 };
  expect(app('Deployment').status).toMatchObject({ observedGeneration: 1, ...whole });
  const seen = statuses('Deployment');
  const generation = await restart('Deployment');
  expect(generation).toBe(2);
  await until(() => seen.at(-1)?.['updatedReplicas'] === 2 && seen.at(-1)?.['observedGeneration'] === 2);
  const reasons = seen.map(progressing);
  expect([...new Set(reasons)]).toEqual([
    'NewReplicaSetAvailable',
    'NewReplicaSetCreated',
    'ReplicaSetUpdated',
  ]);
  expect(seen.some((status) => status?.['replicas'] === 3 && status['updatedReplicas'] === 1)).toBe(true);
  expect(seen.at(-1)).toMatchObject({ observedGeneration: 2, ...whole });
  expect(seen.at(-1)).not.toHaveProperty('unavailableReplicas');
  expect(app('Deployment').metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('2');
});

test('a StatefulSet ends with one revision, a DaemonSet with all nodes', async () => {
  world = await startWorld([workload('StatefulSet', {}, { replicas: 2 }), workload('DaemonSet')]);
  const before = app('StatefulSet').status;
  await restart('StatefulSet');
  await restart('DaemonSet');
  await until(() => app('StatefulSet').status?.['updateRevision'] !== before?.['updateRevision']);
  expect(app('StatefulSet').status?.['currentRevision']).toBe(before?.['currentRevision']);
  await until(() => app('StatefulSet').status?.['currentRevision'] !== before?.['currentRevision']);
  expect(app('StatefulSet').status).toMatchObject({
    observedGeneration: 2,
    updatedReplicas: 2,
    readyReplicas: 2,
  });
  await until(
    () =>
      app('DaemonSet').status?.['observedGeneration'] === 2 && app('DaemonSet').status?.['numberReady'] === 3,
  );
  await until(() => app('DaemonSet').status?.['updatedNumberScheduled'] === 3);
});

test('OnDelete and a paused Deployment observe and wait', async () => {
  world = await startWorld([
    workload('StatefulSet', {}, { updateStrategy: { type: 'OnDelete' } }),
    workload('Deployment', {}, { paused: true }),
  ]);
  for (const kind of ['StatefulSet', 'Deployment']) {
    await restart(kind);
    await until(() => app(kind).status?.['observedGeneration'] === 2);
    await until(() => world.kubernetes.settled());
    expect(app(kind).status).not.toHaveProperty('updatedReplicas');
  }
  world.kubernetes.put(workload('Deployment', {}, { paused: false }));
  await until(() => app('Deployment').status?.['updatedReplicas'] === 1);
});

test('a rollout that is stuck says so after its deadline, and goes on when it can', async () => {
  world = await startWorld([workload('Deployment')]);
  world.kubernetes.faults.stuckRollouts.add('media/app');
  await restart('Deployment');
  await until(() => progressing(app('Deployment').status) === 'ProgressDeadlineExceeded');
  expect(app('Deployment').status).toMatchObject({
    updatedReplicas: 1,
    readyReplicas: 1,
    unavailableReplicas: 1,
  });
  world.kubernetes.faults.stuckRollouts.clear();
  await until(() => progressing(app('Deployment').status) === 'NewReplicaSetAvailable');
});

test.each([
  ['every Secret that it uses', { 'reloader.stakater.com/auto': 'true' }, true],
  ['a Secret by its name', { 'secret.reloader.stakater.com/reload': 'other, jellyfin' }, true],
  ['another Secret', { 'secret.reloader.stakater.com/reload': 'other' }, false],
  ['nothing', {}, false],
])('Reloader restarts what asks for %s', async (_what, annotations, restarts) => {
  world = await startWorld([externalSecret('jellyfin'), workload('Deployment', { annotations })]);
  const { kubernetes, vault } = world;
  vault.write('media/jellyfin', { 'api-key': 'second' });
  const path = '/apis/external-secrets.io/v1/namespaces/media/externalsecrets/jellyfin';
  await call(kubernetes, 'PATCH', path, { metadata: { annotations: { 'force-sync': 'a' } } });
  await until(() => kubernetes.secretValue('media', 'jellyfin', 'api-key') === 'second');
  if (restarts) {
    await until(() => app('Deployment').status?.['observedGeneration'] === 2);
    expect(JSON.stringify(app('Deployment').spec)).toContain('STAKATER_JELLYFIN_SECRET');
  } else {
    await until(() => kubernetes.settled());
    expect(app('Deployment').metadata.generation).toBe(1);
  }
});
