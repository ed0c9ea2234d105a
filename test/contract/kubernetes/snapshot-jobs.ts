import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../servers/until.ts';
import type { ContractServer } from './run-contract.ts';

/*
 * What the bot may make of the snapshots' CronJob, on the stand-in and on the real API server: the one Job, and every way
 * in which somebody who has the bot's token could want another. Raw HTTP: nothing of the bot is in between.
 */

const namespace = '/namespaces/vault-snapshots';
const jobs = `/apis/batch/v1${namespace}/jobs`;
const cronJobs = `/apis/batch/v1${namespace}/cronjobs`;
const denied = "ValidatingAdmissionPolicy 'chatelaine-snapshot-job-only'";

// biome-ignore lint/suspicious/noExplicitAny: an object that each case changes in its own way
type Job = any;
type Change = (job: Job, cronJob: Job) => void;

const pod = (job: Job): Job => job.spec.template.spec;
const container = (job: Job): Job => pod(job).containers[0];
const secretVolume = { name: 'mine', secret: { secretName: 'token' } };

const changes: readonly (readonly [what: string, change: Change])[] = [
  ['another image', (job) => void (container(job).image = 'mine:1')],
  [
    'another command',
    (job) => void (container(job).command = ['sh', '-c', 'cat /var/run/secrets/vault/token']),
  ],
  ['arguments', (job) => void (container(job).args = ['-x'])],
  [
    'another variable',
    (job) => void container(job).env.push({ name: 'LD_PRELOAD', value: '/snapshots/x.so' }),
  ],
  ['another address', (job) => void (container(job).env[0].value = 'http://mine.example:8200')],
  [
    'keeping fewer',
    (job) => void (container(job).env.find((each: Job) => each.name === 'KEEP_COUNT').value = '0'),
  ],
  ['variables of a Secret', (job) => void (container(job).envFrom = [{ secretRef: { name: 'token' } }])],
  ['a volume of a Secret', (job) => void pod(job).volumes.push(secretVolume)],
  ['a volume of the host', (job) => void pod(job).volumes.push({ name: 'mine', hostPath: { path: '/' } })],
  [
    'a token for the API server',
    (job) =>
      void pod(job).volumes.push({
        name: 'mine',
        projected: { sources: [{ serviceAccountToken: { path: 'token' } }] },
      }),
  ],
  [
    'another audience',
    (job) =>
      void (pod(job).volumes.find(
        (each: Job) => each.projected,
      ).projected.sources[0].serviceAccountToken.audience = 'mine'),
  ],
  ['a volume that can be written', (job) => void (container(job).volumeMounts[0].readOnly = false)],
  ['one volume less', (job) => void container(job).volumeMounts.pop()],
  ['another account', (job) => void (pod(job).serviceAccountName = 'default')],
  ['a mounted token', (job) => void (pod(job).automountServiceAccountToken = true)],
  ['a pull Secret', (job) => void (pod(job).imagePullSecrets = [{ name: 'token' }])],
  ['one more container', (job) => void pod(job).containers.push({ name: 'mine', image: 'mine:1' })],
  ['an init container', (job) => void (pod(job).initContainers = [{ name: 'mine', image: 'mine:1' }])],
  ['the host’s network', (job) => void (pod(job).hostNetwork = true)],
  ['the host’s processes', (job) => void (pod(job).hostPID = true)],
  ['root', (job) => void (pod(job).securityContext.runAsUser = 0)],
  ['privileges', (job) => void (container(job).securityContext.allowPrivilegeEscalation = true)],
  ['a capability', (job) => void (container(job).securityContext.capabilities = { add: ['SYS_ADMIN'] })],
  ['no security context', (job) => void delete container(job).securityContext],
  [
    'a lifecycle hook',
    (job) => void (container(job).lifecycle = { postStart: { exec: { command: ['id'] } } }),
  ],
  ['a probe', (job) => void (container(job).livenessProbe = { exec: { command: ['id'] } })],
  ['another memory limit', (job) => void (container(job).resources.limits.memory = '8Gi')],
  ['a node of its choice', (job) => void (pod(job).nodeName = 'node-1')],
  ['a node selector', (job) => void (pod(job).nodeSelector = { a: 'b' })],
  ['a toleration', (job) => void (pod(job).tolerations = [{ operator: 'Exists' }])],
  ['a priority', (job) => void (pod(job).priorityClassName = 'system-cluster-critical')],
  ['another scheduler', (job) => void (pod(job).schedulerName = 'mine')],
  [
    'another DNS',
    (job) => void Object.assign(pod(job), { dnsPolicy: 'None', dnsConfig: { nameservers: ['10.0.0.1'] } }),
  ],
  [
    'other hosts',
    (job) => void (pod(job).hostAliases = [{ ip: '10.0.0.1', hostnames: ['vault-active.security.svc'] }]),
  ],
  ['another restart policy', (job) => void (pod(job).restartPolicy = 'OnFailure')],
  ['more pods at a time', (job) => void Object.assign(job.spec, { parallelism: 5 })],
  ['more completions', (job) => void (job.spec.completions = 5)],
  ['more tries', (job) => void (job.spec.backoffLimit = 100)],
  ['no deadline', (job) => void delete job.spec.activeDeadlineSeconds],
  ['another deadline', (job) => void (job.spec.activeDeadlineSeconds = 86_400)],
  ['an end that leaves no trace', (job) => void (job.spec.ttlSecondsAfterFinished = 0)],
  ['being suspended', (job) => void (job.spec.suspend = true)],
  ['an index', (job) => void Object.assign(job.spec, { completionMode: 'Indexed', completions: 1 })],
  ['another controller', (job) => void (job.spec.managedBy = 'mine.example/controller')],
  [
    'a selector by hand',
    (job) => {
      job.spec.manualSelector = true;
      job.spec.selector = { matchLabels: { a: 'b' } };
      job.spec.template.metadata.labels = { a: 'b' };
    },
  ],
  [
    'a failure policy',
    (job) =>
      void (job.spec.podFailurePolicy = {
        rules: [{ action: 'Ignore', onExitCodes: { operator: 'In', values: [1] } }],
      }),
  ],
  ['a label of the pods', (job) => void (job.spec.template.metadata.labels['mine'] = 'yes')],
  ['no label of the pods', (job) => void delete job.spec.template.metadata.labels],
  [
    'an annotation of the pods that a webhook injects Vault secrets by',
    (job) => void (job.spec.template.metadata.annotations = { 'vault.hashicorp.com/agent-inject': 'true' }),
  ],
  ['a finalizer of the pods', (job) => void (job.spec.template.metadata.finalizers = ['mine.example/stay'])],
  ['a label', (job) => void (job.metadata.labels['mine'] = 'yes')],
  ['no labels', (job) => void delete job.metadata.labels],
  ['an annotation', (job) => void (job.metadata.annotations = { mine: 'yes' })],
  ['a finalizer', (job) => void (job.metadata.finalizers = ['mine.example/stay'])],
  ['no owner', (job) => void delete job.metadata.ownerReferences],
  ['no owners', (job) => void (job.metadata.ownerReferences = [])],
  [
    'another owner',
    (job) =>
      void (job.metadata.ownerReferences = [
        { apiVersion: 'v1', kind: 'Namespace', name: 'media', uid: 'u' },
      ]),
  ],
  [
    'one more owner',
    (job) =>
      void job.metadata.ownerReferences.push({ apiVersion: 'v1', kind: 'ConfigMap', name: 'a', uid: 'u' }),
  ],
  ['an owner of another uid', (job) => void (job.metadata.ownerReferences[0].uid = 'another')],
  ['an owner that is no controller', (job) => void (job.metadata.ownerReferences[0].controller = false)],
  ['an owner that it holds', (job) => void (job.metadata.ownerReferences[0].blockOwnerDeletion = true)],
  [
    'a name like the CronJob’s own Jobs',
    (job, cronJob) => void (job.metadata.name = `${cronJob.metadata.name}-29402177`),
  ],
  ['a name of somebody else', (job) => void (job.metadata.name = 'mine')],
  ['a long name', (job) => void (job.metadata.name += 'a'.repeat(20))],
  [
    'a name that is made up',
    (job) => {
      job.metadata.generateName = `${job.metadata.name}-`;
      delete job.metadata.name;
    },
  ],
];

/** Runs the table of Jobs against a server that has manifests/. */
export function runSnapshotJobs(name: string, getServer: () => ContractServer): void {
  describe(name, () => {
    let agent: Agent;
    let number = 0;

    const send = async (who: 'bot' | 'admin', ask: string, body?: unknown, type = 'application/json') => {
      const { url, tokens } = getServer();
      const [method = '', path = ''] = ask.split(' ');
      const answer = await request(`${url}${path}`, {
        method,
        dispatcher: agent,
        headers: { 'content-type': type, authorization: `Bearer ${tokens[who]}` },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: answer.statusCode, body: (await answer.body.json()) as Job };
    };

    const readCronJob = async (): Promise<Job> => (await send('bot', `GET ${cronJobs}/vault-snapshots`)).body;

    const copyOf = (cronJob: Job): Job => {
      number += 1;
      const { labels, annotations } = cronJob.spec.jobTemplate.metadata;
      const { name: owner, uid } = cronJob.metadata;
      const reference = { apiVersion: 'batch/v1', kind: 'CronJob', name: owner, uid, controller: true };
      return structuredClone({
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: {
          name: `${owner}-asked-${String(number).padStart(8, '0')}`,
          namespace: 'vault-snapshots',
          labels,
          annotations,
          ownerReferences: [reference],
        },
        spec: cronJob.spec.jobTemplate.spec,
      });
    };

    const refused = async (job: Job, path = jobs): Promise<void> => {
      for (const query of ['?dryRun=All', '']) {
        const answer = await send('bot', `POST ${path}${query}`, job);
        expect(answer.status, JSON.stringify(answer.body)).toBe(422);
        expect(answer.body.message).toContain(denied);
        expect(answer.body.details.causes[0].message).toMatch(/^ValidatingAdmissionPolicy /);
      }
    };

    beforeAll(async () => {
      const { ca } = getServer();
      agent = new Agent(ca === undefined ? {} : { connect: { ca } });
      // The API server takes up a policy some moments after it was written.
      const isInForce = async (): Promise<boolean> => {
        const job = copyOf(await readCronJob());
        container(job).image = 'mine:1';
        const { status, body } = await send('bot', `POST ${jobs}?dryRun=All`, job);
        return status === 422 && String(body.message).includes('the pods of a Job');
      };
      await until(isInForce, { what: 'the policy to be in force', deadlineMs: 20_000 });
    });
    afterAll(() => agent.destroy());

    test('the bot may make a copy of the CronJob’s Job, and sees it', async () => {
      const cronJob = await readCronJob();
      const job = copyOf(cronJob);
      expect((await send('bot', `POST ${jobs}?dryRun=All`, job)).status).toBe(201);
      const made = await send('bot', `POST ${jobs}`, job);
      expect(made.status, JSON.stringify(made.body)).toBe(201);
      expect(made.body.spec.template.spec).toEqual(cronJob.spec.jobTemplate.spec.template.spec);
      expect((await send('bot', `POST ${jobs}`, job)).status).toBe(409);
      expect((await send('bot', `GET ${jobs}/${job.metadata.name}`)).body.metadata.uid).toBe(
        made.body.metadata.uid,
      );
      const listed = await send('bot', `GET ${jobs}?limit=100`);
      expect(listed.body.items.map((each: Job) => each.metadata.name)).toContain(job.metadata.name);
    });

    test.each(changes)('the bot may make no Job with %s', async (_what, change) => {
      const cronJob = await readCronJob();
      const job = copyOf(cronJob);
      change(job, cronJob);
      await refused(job);
    });

    test('what the CronJob says now counts, and the policy follows it', async () => {
      const before = copyOf(await readCronJob());
      const patch = { spec: { jobTemplate: { spec: { activeDeadlineSeconds: 901 } } } };
      await send('admin', `PATCH ${cronJobs}/vault-snapshots`, patch, 'application/merge-patch+json');
      const isFollowed = async (): Promise<boolean> =>
        (await send('bot', `POST ${jobs}?dryRun=All`, copyOf(await readCronJob()))).status === 201;
      await until(isFollowed, { what: 'the policy to follow the CronJob', deadlineMs: 10_000 });
      await refused(before);
    });

    test.each([
      ['change the CronJob', `PATCH ${cronJobs}/vault-snapshots`, { spec: { suspend: true } }],
      ['change its status', `PATCH ${cronJobs}/vault-snapshots/status`, { status: {} }],
      ['replace the CronJob', `PUT ${cronJobs}/vault-snapshots`, { metadata: { name: 'vault-snapshots' } }],
      ['make a CronJob', `POST ${cronJobs}`, { metadata: { name: 'mine' } }],
      ['remove the CronJob', `DELETE ${cronJobs}/vault-snapshots`, undefined],
      ['change a Job', `PATCH ${jobs}/any`, { spec: { suspend: true } }],
      ['remove a Job', `DELETE ${jobs}/any`, undefined],
      [
        'make a Job elsewhere',
        'POST /apis/batch/v1/namespaces/chatelaine/jobs',
        { metadata: { name: 'mine' } },
      ],
      ['change the script', `PATCH /api/v1${namespace}/configmaps/vault-snapshots`, { data: {} }],
      ['make a pod', `POST /api/v1${namespace}/pods`, { metadata: { name: 'mine' } }],
      [
        'ask for the account’s token',
        `POST /api/v1${namespace}/serviceaccounts/vault-snapshots/token`,
        { spec: {} },
      ],
    ])('the bot may not %s', async (_what, ask, body) => {
      const type = ask.startsWith('PATCH') ? 'application/merge-patch+json' : 'application/json';
      expect((await send('bot', ask, body, type)).status).toBe(403);
    });

    test('without the CronJob the bot may make no Job at all', async () => {
      const cronJob = await readCronJob();
      const { status } = await send('admin', `DELETE ${cronJobs}/vault-snapshots`);
      expect(status).toBe(200);
      const isNoticed = async (): Promise<boolean> =>
        (await send('bot', `POST ${jobs}?dryRun=All`, copyOf(cronJob))).status === 422;
      await until(isNoticed, { what: 'the missing CronJob to be noticed', deadlineMs: 10_000 });
      await refused(copyOf(cronJob));
    });
  });
}
