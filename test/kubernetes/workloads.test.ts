import { describe, expect, test } from 'vitest';
import { Namespace, ResourceName } from '../../src/core/names.ts';
import type { WorkloadKind } from '../../src/core/ports/cluster.ts';
import { WorkloadIndex } from '../../src/kubernetes/index-workloads.ts';
import { judgeRollout, lateRollout } from '../../src/kubernetes/judge-rollout.ts';
import { readServiceAccount } from '../../src/kubernetes/read-service-account.ts';
import { type RolloutStatus, readWorkload } from '../../src/kubernetes/read-workload.ts';

interface Parts {
  readonly annotations?: object;
  readonly podAnnotations?: object;
  readonly pod?: object;
  readonly spec?: object;
  readonly status?: object;
}

function workload(kind: WorkloadKind, name: string, parts: Parts = {}) {
  const template = {
    metadata: { annotations: parts.podAnnotations },
    spec: { containers: [{ name: 'app', envFrom: [{ secretRef: { name: 'app' } }] }], ...parts.pod },
  };
  return readWorkload(kind, {
    metadata: {
      name,
      namespace: 'media',
      uid: `uid-${name}`,
      resourceVersion: '9',
      generation: 2,
      annotations: parts.annotations,
    },
    spec: {
      ...(kind === 'CronJob' ? { jobTemplate: { spec: { template } } } : { template }),
      ...parts.spec,
    },
    status: { desiredNumberScheduled: 3, ...parts.status },
  });
}

function using(secret: string, shapes: readonly ReturnType<typeof workload>[], matched = false) {
  const index = new WorkloadIndex(() => matched);
  for (const each of shapes) index.put(each);
  return index.using(Namespace.parse('media'), ResourceName.parse(secret));
}

describe('how a pod uses a Secret', () => {
  const container = (extra: object) => ({ containers: [{ name: 'app', ...extra }] });
  const volume = (from: object, ...mounts: object[]) => ({
    volumes: [{ name: 'v', ...from }],
    containers: [{ name: 'app', volumeMounts: mounts }],
  });
  const secret = { secret: { secretName: 'app' } };
  test.each([
    [
      'an environment variable',
      container({ env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'app', key: 'k' } } }] }),
      ['env'],
    ],
    [
      'all of it as environment',
      container({ envFrom: [{ configMapRef: { name: 'x' } }, { secretRef: { name: 'app' } }] }),
      ['env'],
    ],
    [
      'an init container',
      { initContainers: [{ envFrom: [{ secretRef: { name: 'app' } }] }], containers: null },
      ['env'],
    ],
    ['a volume', volume(secret, { name: 'v', mountPath: '/x' }), ['volume']],
    ['a volume that nobody mounts', volume(secret), ['volume']],
    [
      'a projected volume',
      volume(
        { projected: { sources: [{ configMap: { name: 'x' } }, { secret: { name: 'app' } }] } },
        { name: 'v' },
      ),
      ['volume'],
    ],
    ['a file by subPath', volume(secret, { name: 'v', subPath: 'k' }), ['subPath']],
    ['a file by subPathExpr', volume(secret, { name: 'v', subPathExpr: '$(POD)' }), ['subPath']],
    [
      'both ways of mounting',
      volume(secret, { name: 'v', subPath: 'k' }, { name: 'v' }),
      ['volume', 'subPath'],
    ],
    ['pulling images', { containers: [], imagePullSecrets: [{ name: 'app' }] }, ['image pull']],
    ['another Secret', container({ envFrom: [{ secretRef: { name: 'other' } }] }), undefined],
  ])('%s', (_words, pod, uses) => {
    expect(using('app', [workload('Deployment', 'a', { pod })])[0]?.uses).toEqual(uses);
  });

  test('image pull Secrets of the ServiceAccount count where the pod names none', () => {
    const index = new WorkloadIndex(() => false);
    const pod = { containers: [] };
    index.put(workload('Deployment', 'as-default', { pod }));
    index.put(workload('Deployment', 'as-puller', { pod: { ...pod, serviceAccountName: 'puller' } }));
    index.put(workload('Deployment', 'own', { pod: { ...pod, imagePullSecrets: [{ name: 'own' }] } }));
    const account = (name: string, ...pulls: string[]) =>
      readServiceAccount({
        metadata: { name, namespace: 'media' },
        imagePullSecrets: pulls.map((each) => ({ name: each })),
      });
    index.putAccount(account('default', 'registry'));
    const names = () =>
      index.using(Namespace.parse('media'), ResourceName.parse('registry')).map((each) => each.name);
    expect(names()).toEqual(['as-default']);
    index.putAccount(account('puller', 'registry', 'more'));
    index.putAccount(account('default'));
    expect(names()).toEqual(['as-puller']);
    index.removeAccount(account('puller'));
    expect(names()).toEqual([]);
  });

  test('a workload that changed or went is not found by what it was', () => {
    const index = new WorkloadIndex(() => false);
    const found = () => index.using(Namespace.parse('media'), ResourceName.parse('app')).length;
    index.put(workload('Deployment', 'a'));
    index.put(workload('StatefulSet', 'a'));
    expect(found()).toBe(2);
    index.put(workload('Deployment', 'a', { pod: { containers: [] } }));
    expect(found()).toBe(1);
    index.remove(workload('StatefulSet', 'a').workload);
    expect(found()).toBe(0);
  });
});

describe('who restarts it', () => {
  const by = (kind: WorkloadKind, parts: Parts, matched = false) =>
    using('app', [workload(kind, 'a', parts)], matched)[0]?.restartedBy;

  test.each([
    ['nothing said', {}, 'bot'],
    ['auto', { annotations: { 'reloader.stakater.com/auto': 'true' } }, 'reloader'],
    ['auto, switched off', { annotations: { 'reloader.stakater.com/auto': 'false' } }, 'bot'],
    ['auto on the pod template', { podAnnotations: { 'reloader.stakater.com/auto': 'true' } }, 'reloader'],
    ['auto for Secrets', { annotations: { 'secret.reloader.stakater.com/auto': 'true' } }, 'reloader'],
    ['auto for ConfigMaps', { annotations: { 'configmap.reloader.stakater.com/auto': 'true' } }, 'bot'],
    ['listed', { annotations: { 'secret.reloader.stakater.com/reload': 'x, app' } }, 'reloader'],
    ['listed by a pattern', { annotations: { 'secret.reloader.stakater.com/reload': 'a.*' } }, 'reloader'],
    ['others listed', { annotations: { 'secret.reloader.stakater.com/reload': 'application,ap' } }, 'bot'],
    ['a list that does not compile', { annotations: { 'secret.reloader.stakater.com/reload': '(' } }, 'bot'],
    [
      'excluded',
      {
        annotations: {
          'reloader.stakater.com/auto': 'true',
          'secrets.exclude.reloader.stakater.com/reload': 'app',
        },
      },
      'bot',
    ],
    [
      'the workload has the word, not its pods',
      {
        annotations: { 'secret.reloader.stakater.com/reload': 'x' },
        podAnnotations: { 'reloader.stakater.com/auto': 'true' },
      },
      'bot',
    ],
    [
      'auto, where only images are pulled by it',
      {
        annotations: { 'reloader.stakater.com/auto': 'true' },
        pod: { containers: [], imagePullSecrets: [{ name: 'app' }] },
      },
      'bot',
    ],
  ])('%s', (_words, parts, who) => {
    expect(by('Deployment', parts)).toEqual({ who });
  });

  test('search takes a Secret that carries the match', () => {
    const annotations = { 'reloader.stakater.com/search': 'true' };
    expect(by('Deployment', { annotations })).toEqual({ who: 'bot' });
    expect(by('Deployment', { annotations }, true)).toEqual({ who: 'reloader' });
  });

  test.each<[WorkloadKind, Parts, RegExp]>([
    ['CronJob', {}, /next run/],
    ['Deployment', { spec: { paused: true } }, /paused/],
    ['Deployment', { spec: { replicas: 0 } }, /scaled to 0/],
    ['StatefulSet', { spec: { updateStrategy: { type: 'OnDelete' } } }, /OnDelete/],
    ['StatefulSet', { spec: { updateStrategy: { rollingUpdate: { partition: 1 } } } }, /partition/],
    ['DaemonSet', { spec: { updateStrategy: { type: 'OnDelete' } } }, /OnDelete/],
    ['DaemonSet', { status: { desiredNumberScheduled: 0 } }, /no node/],
  ])('nobody restarts a %s with %o', (kind, parts, why) => {
    const annotations = { 'reloader.stakater.com/auto': 'true' };
    expect(by(kind, { ...parts, annotations })).toEqual({
      who: 'no',
      why: expect.stringMatching(why) as string,
    });
  });
});

describe('a rollout', () => {
  const done: RolloutStatus = {
    generation: 3,
    observedGeneration: 3,
    wanted: 2,
    total: 2,
    updated: 2,
    ready: 2,
    available: 2,
    revisionsDiffer: false,
    conditions: [],
  };
  const stuck = [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }];

  test('is ready when every pod is new and serves', () => {
    expect(judgeRollout('Deployment', done, 3)).toEqual({ state: 'ready', replicas: 2 });
    expect(judgeRollout('Deployment', done, 2)).toEqual({ state: 'ready', replicas: 2 });
  });

  test.each<[string, WorkloadKind, Partial<RolloutStatus>]>([
    ['has not begun', 'Deployment', { generation: 2, observedGeneration: 2 }],
    ['is not taken up', 'Deployment', { observedGeneration: 2 }],
    [
      'is not taken up, and the last one had failed',
      'Deployment',
      { observedGeneration: 2, conditions: stuck },
    ],
    ['has an old pod', 'Deployment', { total: 3 }],
    ['lacks a new pod', 'DaemonSet', { updated: 1, total: 1 }],
    ['has a pod that is not ready', 'Deployment', { ready: 1 }],
    ['has a pod that is not available', 'StatefulSet', { available: 1 }],
    ['has two revisions', 'StatefulSet', { revisionsDiffer: true }],
  ])('that %s goes on', (_words, kind, change) => {
    expect(judgeRollout(kind, { ...done, ...change }, 3)).toBeUndefined();
    expect(lateRollout({ ...done, ...change }, 3).state).toBe('late');
  });

  test('that passed its own deadline failed', () => {
    expect(judgeRollout('Deployment', { ...done, available: 1, conditions: stuck }, 3)).toMatchObject({
      state: 'failed',
      reason: 'ProgressDeadlineExceeded',
      message: expect.stringContaining('1 available') as string,
    });
  });

  test('that nobody began is told from a slow one', () => {
    expect(lateRollout({ ...done, generation: 2 }, 3)).toMatchObject({ message: 'no rollout has begun' });
    expect(lateRollout({ ...done, updated: 1, available: 1 }, 3)).toMatchObject({
      ready: 1,
      wanted: 2,
      message: '1 of 2 pods are new, and 1 of before still runs',
    });
  });
});
