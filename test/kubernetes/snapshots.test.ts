import { describe, expect, test } from 'vitest';
import type { Snapshots } from '../../src/core/ports/snapshots.ts';
import { call, codeOf, startCluster, type TestCluster } from './cluster.ts';

const where = ['vault-snapshots', 'vault-snapshots'] as const;

async function open(): Promise<TestCluster & { readonly snapshots: Snapshots }> {
  const cluster = await startCluster();
  const { snapshots } = cluster.adapter.cluster;
  if (snapshots === undefined) throw new Error('no snapshots');
  return { ...cluster, snapshots };
}

describe('the snapshots', () => {
  test('are seen by the CronJob’s status', async () => {
    const { snapshots, standIn } = await open();
    const status = standIn.object('CronJob', ...where)?.status as { lastSuccessfulTime: string };
    expect(await snapshots.look(call())).toEqual({
      cronJob: {
        schedule: '17 */6 * * *',
        suspended: false,
        createdAt: expect.stringMatching(/Z$/) as string,
      },
      lastGood: status.lastSuccessfulTime,
      runs: [],
    });
  });

  test('are taken by a Job that the mark alone names', async () => {
    const { snapshots, standIn } = await open();
    const [first, second] = [
      await snapshots.ask('0a1b2c3d', call()),
      await snapshots.ask('0a1b2c3d', call()),
    ];
    expect(second).toEqual(first);
    expect(standIn.objects('Job').map(({ metadata }) => metadata.name)).toEqual([
      'vault-snapshots-asked-0a1b2c3d',
    ]);
    expect(await snapshots.await(first, call())).toMatchObject({ state: 'good' });
    const { lastGood, runs } = await snapshots.look(call());
    expect(runs).toEqual([
      expect.objectContaining({ name: 'vault-snapshots-asked-0a1b2c3d', state: 'good', endedAt: lastGood }),
    ]);
  });

  test('that fail say why', async () => {
    const { snapshots, standIn } = await open();
    standIn.faults.jobsFail = true;
    const ticket = await snapshots.ask('0a1b2c3d', call());
    expect(await snapshots.await(ticket, call())).toEqual({
      state: 'failed',
      why: 'BackoffLimitExceeded: Job has reached the specified backoff limit',
    });
    expect((await snapshots.look(call())).runs).toEqual([expect.objectContaining({ state: 'failed' })]);
  });

  test('are late when the time is up, and gone when somebody removed the Job', async () => {
    const { snapshots, standIn } = await open();
    const ticket = await snapshots.ask('0a1b2c3d', call());
    expect(await snapshots.await(ticket, call(1))).toEqual({ state: 'late' });
    standIn.remove('Job', 'vault-snapshots', ticket.job);
    expect(await snapshots.await(ticket, call())).toEqual({ state: 'gone' });
  });

  test('of another owner don’t count', async () => {
    const { snapshots, standIn } = await open();
    standIn.put({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'mine', namespace: 'vault-snapshots' },
      spec: { template: { spec: {} } },
      status: {
        completionTime: '2030-01-01T00:00:00Z',
        conditions: [{ type: 'Complete', status: 'True', lastTransitionTime: '2030-01-01T00:00:00Z' }],
      },
    });
    const { lastGood, runs } = await snapshots.look(call());
    expect(lastGood).not.toContain('2030');
    expect(runs).toEqual([]);
  });

  test('that nobody takes are no error', async () => {
    const { snapshots, standIn } = await open();
    standIn.remove('CronJob', ...where);
    expect(await snapshots.look(call())).toEqual({ runs: [] });
    expect(await codeOf(snapshots.ask('0a1b2c3d', call()))).toBe('policy-not-enforced');
  });
});

describe('the guard of the snapshots', () => {
  test('finds the policy in force by a dry run, and remembers it', async () => {
    const { snapshots, received, standIn } = await open();
    expect(await snapshots.guard(call())).toEqual({ state: 'enforced' });
    expect(await snapshots.guard(call())).toEqual({ state: 'enforced' });
    const tries = received.filter(({ method, url }) => method === 'POST' && url.includes('/jobs?'));
    expect(tries.map(({ url }) => url)).toEqual([expect.stringContaining('dryRun=All')]);
    expect(standIn.objects('Job')).toEqual([]);
  });

  test('finds it missing, and no Job is made then', async () => {
    const { snapshots, standIn } = await open();
    standIn.remove('ValidatingAdmissionPolicyBinding', undefined, 'chatelaine-snapshot-job-only');
    expect(await snapshots.guard(call())).toMatchObject({ state: 'not-enforced' });
    expect(await codeOf(snapshots.ask('0a1b2c3d', call()))).toBe('policy-not-enforced');
    expect(standIn.objects('Job')).toEqual([]);
  });

  test('does not know without an answer or a right', async () => {
    const { snapshots, standIn } = await open();
    standIn.faults.down = true;
    expect(await snapshots.guard(call())).toMatchObject({ state: 'unknown' });
    standIn.faults.down = false;
    standIn.faults.denied = true;
    expect(await snapshots.guard(call())).toMatchObject({
      state: 'unknown',
      why: expect.stringContaining('may not get cronjobs in vault-snapshots') as string,
    });
  });
});
