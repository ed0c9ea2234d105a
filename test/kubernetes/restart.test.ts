import { describe, expect, test } from 'vitest';
import { Namespace, ResourceName } from '../../src/core/names.ts';
import type { WorkloadKind, WorkloadName } from '../../src/core/ports/cluster.ts';
import type { Received } from '../../src/playground/http-stand-in.ts';
import type { KubernetesStandIn } from '../../src/playground/kubernetes/start-kubernetes.ts';
import { call, codeOf, fault, name, startCluster, until } from './cluster.ts';

const kinds = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;

function workload(kind: WorkloadKind, spec: object = {}, annotations: object = {}) {
  const labels = { app: 'jellyfin' };
  const pod = {
    containers: [{ name: 'app', image: 'app:1', envFrom: [{ secretRef: { name: 'jellyfin' } }] }],
  };
  const template = { metadata: { labels }, spec: pod };
  const general = {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name: 'jellyfin', namespace: 'media', annotations },
  };
  if (kind === 'CronJob') {
    const jobTemplate = { spec: { template: { ...template, spec: { ...pod, restartPolicy: 'Never' } } } };
    return { ...general, apiVersion: 'batch/v1', spec: { schedule: '0 3 * * *', jobTemplate, ...spec } };
  }
  return { ...general, spec: { selector: { matchLabels: labels }, template, ...spec } };
}

const named = (kind: WorkloadKind): WorkloadName => ({ kind, ...name('media/jellyfin') });

interface Templated {
  readonly template: { readonly metadata: { readonly annotations?: Readonly<Record<string, string>> } };
}

function markOf(standIn: KubernetesStandIn, kind: WorkloadKind): string | undefined {
  const spec = standIn.object(kind, 'media', 'jellyfin')?.spec as Templated | undefined;
  return spec?.template.metadata.annotations?.['chatelaine.dev/restarted-by'];
}

describe('a restart', () => {
  test.each(kinds)('of a %s is one annotation, and ends when the new pods serve', async (kind) => {
    const { adapter, standIn, received } = await startCluster({ objects: [workload(kind)] });
    const ticket = await adapter.cluster.restart(named(kind), 'op-1', call());
    const outcome = await adapter.cluster.awaitRollout(ticket, call());
    expect(outcome).toEqual({ state: 'ready', replicas: kind === 'DaemonSet' ? 3 : 1 });
    expect(markOf(standIn, kind)).toBe('op-1');
    const patches = received.filter(({ method, url }) => method === 'PATCH' && !url.includes('dryRun=All'));
    expect(patches).toHaveLength(1);
    expect(patches[0]?.url).toContain('fieldManager=chatelaine');
  });

  test('with the same mark begins no second rollout', async () => {
    const { adapter, standIn } = await startCluster({ objects: [workload('Deployment')] });
    const first = await adapter.cluster.restart(named('Deployment'), 'op-1', call());
    await adapter.cluster.awaitRollout(first, call());
    const second = await adapter.cluster.restart(named('Deployment'), 'op-1', call());
    expect(second).toEqual(first);
    expect(await adapter.cluster.awaitRollout(second, call())).toMatchObject({ state: 'ready' });
    expect(standIn.object('Deployment', 'media', 'jellyfin')?.metadata.generation).toBe(2);
  });

  test('does not put an old mark over a newer one: a replica that was paused in the middle does no harm', async () => {
    let wake: (() => void) | undefined;
    const gate = (moment: string, { method, url, body }: Received): Promise<void> | undefined => {
      const held =
        moment === 'received' && method === 'PATCH' && body.includes('op-old') && wake === undefined;
      if (!held || url.includes('dryRun')) return undefined;
      return new Promise((resolve) => {
        wake = resolve;
      });
    };
    const { adapter, standIn, connect } = await startCluster({
      objects: [workload('Deployment')],
      standIn: { gate },
    });
    const paused = await connect();
    await paused.ready(AbortSignal.timeout(10_000));
    const old = codeOf(paused.cluster.restart(named('Deployment'), 'op-old', call()));
    await until(() => wake !== undefined, 'the pause');
    await adapter.cluster.restart(named('Deployment'), 'op-new', call());
    wake?.();
    expect(await old).toBe('kubernetes-conflict');
    expect(markOf(standIn, 'Deployment')).toBe('op-new');
  });

  test('by an adapter that was closed is refused', async () => {
    const { adapter, standIn } = await startCluster({ objects: [workload('Deployment')] });
    await adapter.close();
    expect(await codeOf(adapter.cluster.watchRollout(named('Deployment'), call()))).toBe(
      'kubernetes-unreachable',
    );
    expect(standIn.object('Deployment', 'media', 'jellyfin')?.metadata.generation).toBe(1);
  });

  test('whose pods never serve failed by the deadline of the Deployment', async () => {
    const { adapter, standIn } = await startCluster({ objects: [workload('Deployment')] });
    standIn.faults.stuckRollouts.add('media/jellyfin');
    const ticket = await adapter.cluster.restart(named('Deployment'), 'op-1', call());
    expect(await adapter.cluster.awaitRollout(ticket, call())).toMatchObject({
      state: 'failed',
      reason: 'ProgressDeadlineExceeded',
    });
  });

  test('that is slow is late, with numbers', async () => {
    const { adapter, standIn } = await startCluster({ objects: [workload('StatefulSet')] });
    standIn.faults.stuckRollouts.add('media/jellyfin');
    const ticket = await adapter.cluster.restart(named('StatefulSet'), 'op-1', call());
    expect(await adapter.cluster.awaitRollout(ticket, call(300))).toMatchObject({ state: 'late', wanted: 1 });
  });

  test('of what went away is gone, and ends with our own reason', async () => {
    const { adapter, standIn } = await startCluster({ objects: [workload('StatefulSet')] });
    standIn.faults.stuckRollouts.add('media/jellyfin');
    const ticket = await adapter.cluster.restart(named('StatefulSet'), 'op-1', call());
    const stop = new AbortController();
    const stopped = adapter.cluster.awaitRollout(ticket, { ...call(), signal: stop.signal });
    stop.abort(fault('stopping'));
    expect(await codeOf(stopped)).toBe('stopping');
    const waiting = adapter.cluster.awaitRollout(ticket, call());
    standIn.remove('StatefulSet', 'media', 'jellyfin');
    expect(await waiting).toEqual({ state: 'gone' });
  });

  test('is left off without the policy, and of a CronJob', async () => {
    const { adapter, standIn } = await startCluster({
      objects: [workload('Deployment'), workload('CronJob')],
    });
    standIn.faults.noAdmissionPolicy = true;
    expect(await codeOf(adapter.cluster.restart(named('Deployment'), 'op-1', call()))).toBe(
      'policy-not-enforced',
    );
    expect(await codeOf(adapter.cluster.restart(named('CronJob'), 'op-1', call()))).toBe(
      'kubernetes-unexpected',
    );
    expect(standIn.object('Deployment', 'media', 'jellyfin')?.metadata.generation).toBe(1);
  });
});

describe('a rollout that another starts', () => {
  test('is awaited by a ticket that was taken before', async () => {
    const { adapter, standIn } = await startCluster({ objects: [workload('Deployment')] });
    const ticket = await adapter.cluster.watchRollout(named('Deployment'), call());
    expect(ticket.generation).toBe(2);
    expect(await adapter.cluster.awaitRollout(ticket, call(100))).toMatchObject({
      state: 'late',
      message: 'no rollout has begun',
    });
    const outcome = adapter.cluster.awaitRollout(ticket, call());
    const changed = workload('Deployment', {
      template: {
        metadata: { labels: { app: 'jellyfin' } },
        spec: { containers: [{ name: 'app', image: 'app:2' }] },
      },
    });
    standIn.put(changed as Parameters<typeof standIn.put>[0]);
    expect(await outcome).toEqual({ state: 'ready', replicas: 1 });
  });

  test('of what is not there says so', async () => {
    const { adapter } = await startCluster();
    expect(await codeOf(adapter.cluster.watchRollout(named('Deployment'), call()))).toBe(
      'kubernetes-missing',
    );
  });
});

test('workloads are found by the Secret that they use', async () => {
  const { adapter, standIn } = await startCluster({
    objects: [workload('Deployment', {}, { 'reloader.stakater.com/auto': 'true' }), workload('CronJob')],
  });
  const using = () =>
    adapter.cluster.workloadsUsing(Namespace.parse('media'), ResourceName.parse('jellyfin'));
  expect(using()).toEqual([
    {
      ...named('CronJob'),
      uses: ['env'],
      restartedBy: { who: 'no', why: 'reads the new value at its next run' },
      replicas: 0,
    },
    { ...named('Deployment'), uses: ['env'], restartedBy: { who: 'reloader' }, replicas: 1 },
  ]);
  standIn.remove('CronJob', 'media', 'jellyfin');
  await until(() => using().length === 1, 'the removal');
});
