import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fetch } from 'undici';
import { afterAll, beforeAll } from 'vitest';
import type { Answer, Api } from '../servers/api.ts';
import { bot, type RealCluster, startCluster } from '../servers/cluster.ts';
import { until } from '../servers/until.ts';

/** A cluster for the tests of one file: `cluster()` inside a test or a hook. */
export function useCluster(prepare?: (cluster: RealCluster) => Promise<void>): () => RealCluster {
  let cluster: RealCluster | undefined;
  beforeAll(async () => {
    cluster = await startCluster();
    await prepare?.(cluster);
  });
  afterAll(() => cluster?.stop());
  return () => {
    if (!cluster) throw new Error('the cluster is there only inside tests and hooks');
    return cluster;
  };
}

/** Bare HTTP calls to Vault under one token. */
export type VaultCall = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Answer>;

/** Calls Vault with a token, or with none. PATCH is sent as the merge patch that KV v2 asks for. */
export function vaultCall(address: string, token?: string): VaultCall {
  return async (method, path, body, headers) => {
    const answer = await fetch(`${address}/v1/${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { 'x-vault-token': token }),
        'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
  };
}

/** Calls Vault as the bot: logged in with a token of its ServiceAccount. */
export async function vaultAsBot({ vault, tokenOf }: RealCluster): Promise<VaultCall> {
  const jwt = await tokenOf(bot, 'vault');
  const answer = await vaultCall(vault.address)('POST', 'auth/kubernetes/login', { role: 'chatelaine', jwt });
  if (answer.status !== 200)
    throw new Error(`logging in as the bot: ${answer.status} ${JSON.stringify(answer.body)}`);
  return vaultCall(vault.address, answer.body.auth.client_token);
}

/**
 * Waits until the admission policy is in force. The API server takes it up some moments after it was
 * written, and a test of refusals that began earlier would prove nothing.
 */
export async function policyInForce(asBot: Api): Promise<void> {
  const path = '/apis/apps/v1/namespaces/chatelaine/deployments/chatelaine?dryRun=All';
  const isRefused = async (): Promise<boolean> =>
    (await asBot.patch('merge', path, { spec: { revisionHistoryLimit: 3 } })).status === 422;
  await until(isRefused, { what: 'the admission policy to be in force' });
}

/** What the bot reads in a pod, as files: its two tokens and the authority of the API server. */
export interface BotFiles {
  readonly vaultToken: string;
  readonly kubernetesToken: string;
  readonly ca: string;
}

/** Writes the files that a pod of the bot would find mounted. They go with the cluster's folder. */
export async function writeBotFiles({ folder, ca, tokenOf }: RealCluster): Promise<BotFiles> {
  const files = {
    vaultToken: join(folder, 'vault-token'),
    kubernetesToken: join(folder, 'kubernetes-token'),
    ca: join(folder, 'ca.crt'),
  };
  await writeFile(files.vaultToken, await tokenOf(bot, 'vault'), { mode: 0o600 });
  await writeFile(files.kubernetesToken, await tokenOf(bot), { mode: 0o600 });
  await writeFile(files.ca, ca);
  return files;
}
