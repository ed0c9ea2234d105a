import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { AskVault } from './ask-vault.ts';
import { bot, type Servers } from './servers.ts';

/** The files that a pod of the bot would find mounted. */
export interface BotFiles {
  readonly kubernetesToken: string;
  readonly vaultToken: string;
  readonly gitToken: string;
  readonly ca: string;
  /** Ends the renewal. */
  close(): void;
}

/** Tokens last an hour. A kubelet writes a new one in good time, and so do we. */
const renewMs = 25 * 60_000;

const Login = z.object({
  data: z.object({ kubernetes_host: z.string(), kubernetes_ca_cert: z.string() }),
});

/** Writes the bot's files, and keeps its two tokens and the one that Vault asks the API server with from ending. */
export async function keepTokens(servers: Servers, ask: AskVault): Promise<BotFiles> {
  const { folder, ca } = servers;
  const files = {
    kubernetesToken: join(folder, 'bot-kubernetes-token'),
    vaultToken: join(folder, 'bot-vault-token'),
    gitToken: join(folder, 'bot-git-token'),
    ca: join(folder, 'bot-ca.crt'),
  };
  await writeFile(files.ca, ca);
  await writeFile(files.gitToken, servers.git.bot.token, { mode: 0o600 });
  const write = async (): Promise<void> => {
    await writeFile(files.kubernetesToken, await servers.tokenOf(bot), { mode: 0o600 });
    await writeFile(files.vaultToken, await servers.tokenOf(bot, 'vault'), { mode: 0o600 });
  };
  await write();
  const timer = setInterval(() => {
    // Whoever seals Vault or stops a server for so long meets what a cluster would: logins that fail.
    void Promise.allSettled([write(), renewReviewer(servers, ask)]);
  }, renewMs);
  timer.unref();
  return { ...files, close: () => clearInterval(timer) };
}

async function renewReviewer(servers: Servers, ask: AskVault): Promise<void> {
  const token = await servers.tokenOf({ namespace: 'security', name: 'vault' });
  const { data } = Login.parse(await ask('GET', 'auth/kubernetes/config'));
  await ask('POST', 'auth/kubernetes/config', {
    kubernetes_host: data.kubernetes_host,
    kubernetes_ca_cert: data.kubernetes_ca_cert,
    token_reviewer_jwt: token,
    disable_local_ca_jwt: true,
  });
}
