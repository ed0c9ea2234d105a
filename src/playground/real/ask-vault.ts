import type { VaultServers } from './servers.ts';

/** One call to the active replica, as the administrator. Throws, with the status, when it is not 2xx. */
export type AskVault = (method: string, path: string, body?: object) => Promise<unknown>;

/** Asks the active replica by its own address: a connection to the service stays with one that was sealed since. */
export function askVault(vault: VaultServers): AskVault {
  return async (method, path, body) => {
    const { address } = await vault.active();
    return askReplica(address, {
      method,
      path,
      token: vault.rootToken,
      ...(body === undefined ? {} : { body }),
    });
  };
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly token: string;
  readonly body?: object;
}

/** The same at a known address. Nothing of a refusal but its status is kept: the rest could repeat what was sent. */
export async function askReplica(address: string, { method, path, token, body }: Asked): Promise<unknown> {
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const answer = await fetch(`${address}/v1/${path}`, {
    method,
    headers: { 'x-vault-token': token, 'content-type': type },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`asking Vault to ${method} ${path}: it answered ${answer.status}`);
  return text === '' ? undefined : JSON.parse(text);
}

export type Health = 'active' | 'standby' | 'sealed' | 'down';

/** What a replica says of itself; nobody needs a token for it. */
export async function healthOf(address: string): Promise<Health> {
  const answer = await fetch(`${address}/v1/sys/health`).catch(() => undefined);
  await answer?.arrayBuffer().catch(() => undefined);
  if (answer === undefined) return 'down';
  if (answer.status === 200) return 'active';
  return answer.status === 429 ? 'standby' : 'sealed';
}
