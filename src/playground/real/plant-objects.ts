import { z } from 'zod';
import { seedHomelab } from '../kubernetes/seed-homelab.ts';
import { workloadKinds } from '../show-objects.ts';
import { waitFor } from '../wait-for.ts';
import { bot, NamedManifest, type Servers } from './servers.ts';

/** manifests/ has brought the store, with the address of this Vault in it; what is in Git is for Flux to bring. */
const broughtByOthers = ['ClusterSecretStore', 'ExternalSecret'];

/** The objects of the homelab that a cluster with manifests/ and Flux lacks. */
export function homelabObjects(): readonly NamedManifest[] {
  return seedHomelab()
    .objects.filter(({ kind }) => !broughtByOthers.includes(kind))
    .map((object) => withoutReloader(NamedManifest.parse(object)));
}

/** Reloader is not among the servers: the bot would wait for it until it gives up. Without, it restarts by itself. */
function withoutReloader(object: NamedManifest): NamedManifest {
  const { annotations } = z
    .looseObject({ annotations: z.record(z.string(), z.string()).default({}) })
    .parse(object.metadata);
  const kept = Object.entries(annotations).filter(([key]) => !key.includes('reloader.stakater.com/'));
  return { ...object, metadata: { ...object.metadata, annotations: Object.fromEntries(kept) } };
}

/** The namespaces in which something of it runs. */
export function namespacesOf(objects: readonly NamedManifest[]): readonly string[] {
  const running = objects.filter(({ kind }) => (workloadKinds as readonly string[]).includes(kind));
  return [...new Set(running.map(({ metadata }) => metadata.namespace ?? 'default'))];
}

/** A node, without which a DaemonSet wants no pod. Nothing runs on it. */
const node: NamedManifest = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'homelab-1' } };

/** Applies what of the homelab is not in Git. */
export async function plantObjects(servers: Servers, objects: readonly NamedManifest[]): Promise<void> {
  await servers.apply([node, ...objects]);
  // Each new node is tainted as not ready; the controller that takes that away is not among the servers.
  await servers.adminApi.patch('merge', `/api/v1/nodes/${node.metadata.name}`, { spec: { taints: null } });
}

/** Waits until External Secrets has been everywhere, all workloads run and the bot is held by its policy. */
export async function isSettled(servers: Servers): Promise<void> {
  await Promise.all([
    waitFor(() => everyoneRead(servers), 'External Secrets to read every ExternalSecret', 60_000),
    waitFor(() => everyoneRuns(servers), 'the workloads to be ready', 60_000),
    policyInForce(servers),
  ]);
}

const ExternalSecrets = z.object({
  items: z.array(
    z.object({
      status: z.object({ conditions: z.array(z.object({ type: z.string() })).default([]) }).prefault({}),
    }),
  ),
});

/** Ready or not: some of the homelab is there to be stumbled over. */
async function everyoneRead({ adminApi }: Servers): Promise<boolean> {
  const body = await adminApi.need('GET', '/apis/external-secrets.io/v1/externalsecrets');
  const { items } = ExternalSecrets.parse(body);
  return items.every(({ status }) => status.conditions.some(({ type }) => type === 'Ready'));
}

const Deployments = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ namespace: z.string() }),
      spec: z.object({ replicas: z.int() }),
      status: z.object({ availableReplicas: z.int().default(0) }).prefault({}),
    }),
  ),
});

async function everyoneRuns({ adminApi }: Servers): Promise<boolean> {
  const { items } = Deployments.parse(await adminApi.need('GET', '/apis/apps/v1/deployments'));
  return items
    .filter(({ metadata }) => metadata.namespace !== bot.namespace)
    .every(({ spec, status }) => status.availableReplicas >= spec.replicas);
}

/** The API server takes an admission policy up some moments after it was written. */
async function policyInForce(servers: Servers): Promise<void> {
  const asBot = await servers.apiOf(bot);
  const path = '/apis/apps/v1/namespaces/chatelaine/deployments/chatelaine?dryRun=All';
  const forbidden = { spec: { revisionHistoryLimit: 3 } };
  const isRefused = async (): Promise<boolean> =>
    (await asBot.patch('merge', path, forbidden)).status === 422;
  try {
    await waitFor(isRefused, 'the admission policy to be in force', 30_000);
  } finally {
    await asBot.close();
  }
}
