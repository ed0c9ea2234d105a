import { vaultCall } from '../../real/support.ts';
import { until } from '../../servers/until.ts';
import { milliseconds, type Row } from '../report.ts';
import { median, pairedRatio } from '../statistics.ts';
import { openWatchSite, type WatchSite } from './watch-site.ts';

const many = 100;
const rounds = 2;
const names = Array.from({ length: many }, (_, index) => `app-${index}`);
const store = '/apis/external-secrets.io/v1/clustersecretstores/vault';
const externalSecrets = '/apis/external-secrets.io/v1/namespaces/media/externalsecrets';

/** A hundred ExternalSecrets that failed while Vault was sealed: how soon all are Ready by the bot, and by a bare loop. */
export async function measureHealing(): Promise<readonly Row[]> {
  const world = await openWatchSite();
  try {
    await seed(world);
    const own: number[] = [];
    const whole: number[] = [];
    const bare: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      bare.push(await healByLoop(world, round));
      const { sinceSeen, sinceUnseal } = await healByBot(world, round);
      own.push(sinceSeen);
      whole.push(sinceUnseal);
    }
    const ratio = pairedRatio(own, bare);
    return [
      {
        what: `healing ${many} ExternalSecrets once Vault is seen to serve, as a ratio to a bare loop that marks the store and all of them at once`,
        measured: `${ratio.toFixed(2)} (median ${milliseconds(median(own))} and ${milliseconds(median(bare))})`,
        target: '≤ 1.25',
        met: ratio <= 1.25,
      },
      { what: 'the same from the unseal itself', measured: `median ${milliseconds(median(whole))}` },
    ];
  } finally {
    await world.close();
  }
}

async function seed({ cluster, vault }: WatchSite): Promise<void> {
  const media = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'media' } };
  await cluster.adminApi.need('POST', '/api/v1/namespaces', media);
  const asRoot = vaultCall(vault.address, vault.rootToken);
  await asRoot('POST', 'kv/data/media/app', { options: { cas: 0 }, data: { 'api-key': 'of-all' } });
  await Promise.all(
    names.map((name) =>
      cluster.adminApi.need('POST', externalSecrets, {
        apiVersion: 'external-secrets.io/v1',
        kind: 'ExternalSecret',
        metadata: { name },
        spec: {
          refreshInterval: '1h',
          secretStoreRef: { kind: 'ClusterSecretStore', name: 'vault' },
          target: { name },
          data: [{ secretKey: 'api-key', remoteRef: { key: 'kv/data/media/app', property: 'api-key' } }],
        },
      }),
    ),
  );
  await allAre(cluster, 'True');
}

async function healByLoop(world: WatchSite, round: number): Promise<number> {
  await breakAll(world, `bare-${round}`);
  await unsealAll(world);
  const began = performance.now();
  const { cluster } = world;
  const mark = (path: string): Promise<unknown> =>
    cluster.adminApi.patch('merge', path, { metadata: { annotations: { 'force-sync': `heal-${round}` } } });
  await mark(store);
  await until(async () => (await readyOf(cluster, store)) === 'True', { what: 'the store', pollMs: 20 });
  await Promise.all(names.map((name) => mark(`${externalSecrets}/${name}`)));
  await allAre(cluster, 'True');
  return performance.now() - began;
}

async function healByBot(
  world: WatchSite,
  round: number,
): Promise<{ readonly sinceSeen: number; readonly sinceUnseal: number }> {
  const bot = await world.site.start();
  await bot.ready;
  await until(async () => bot.output().includes('"msg":"leading"'), { what: 'the bot to lead' });
  await breakAll(world, `bot-${round}`);
  await world.untilTold({ words: 'Vault serves no secrets' });
  await unsealAll(world);
  const unsealed = Date.now();
  await allAre(world.cluster, 'True');
  const ended = Date.now();
  const seen = await until(() => servedSince(world), { what: 'the healing to be kept' });
  await world.untilTold({ words: 'it took' });
  await bot.stop();
  return { sinceSeen: ended - seen, sinceUnseal: ended - unsealed };
}

/** When the bot saw Vault serve again, by its own record. */
async function servedSince({ cluster, site }: WatchSite): Promise<number | undefined> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${site.namespace}/leases/incident-seals`;
  const { metadata } = await cluster.adminApi.need('GET', path);
  const { incidents } = JSON.parse(metadata.annotations['chatelaine.dev/incident']);
  const since = incidents.at(-1)?.healing?.since;
  return since === undefined ? undefined : Date.parse(since);
}

/** Seals all of Vault, and has External Secrets fail at the store and at everything that reads from it. */
async function breakAll({ cluster, vault }: WatchSite, mark: string): Promise<void> {
  for (const _ of [1, 2]) await vault.seal(await vault.active());
  for (const replica of vault.replicas) {
    const { body } = await vaultCall(replica.address)('GET', 'sys/seal-status');
    if (body.sealed === false) await vault.seal(replica);
  }
  const annotations = { 'force-sync': mark };
  await cluster.adminApi.patch('merge', store, { metadata: { annotations } });
  await until(async () => (await readyOf(cluster, store)) === 'False', { what: 'the store to fail' });
  await Promise.all(
    names.map((name) =>
      cluster.adminApi.patch('merge', `${externalSecrets}/${name}`, { metadata: { annotations } }),
    ),
  );
  await allAre(cluster, 'False');
}

async function unsealAll({ vault }: WatchSite): Promise<void> {
  for (const replica of vault.replicas) await vault.unseal(replica);
  await vault.active();
}

type Cluster = WatchSite['cluster'];
interface Status {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

async function readyOf({ adminApi }: Cluster, path: string): Promise<string | undefined> {
  return conditionOf(await adminApi.need('GET', path));
}

function conditionOf({ status }: Status): string | undefined {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status;
}

async function allAre({ adminApi }: Cluster, wanted: 'True' | 'False'): Promise<void> {
  const all = async (): Promise<boolean> => {
    const { items } = await adminApi.need('GET', externalSecrets);
    return items.every((each: Status) => conditionOf(each) === wanted);
  };
  await until(all, { what: `all to be Ready=${wanted}`, deadlineMs: 300_000, pollMs: 100 });
}
