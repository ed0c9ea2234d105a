import { join } from 'node:path';
import { fetch } from 'undici';
import { freePorts } from './free-ports.ts';
import { programPath } from './locate.ts';
import type { Processes } from './processes.ts';
import { until } from './until.ts';

/** An OpenBao in memory: unsealed, its root token known. */
export interface Vault {
  readonly address: string;
  readonly rootToken: string;
  /** Its log, which also holds the audit records: manifests/vault/server.hcl sends them to standard output. */
  readonly log: string;
}

/** Starts OpenBao with the part of its configuration that manifests/ keeps; answers when it is unsealed. */
export async function startVault(processes: Processes, configuration: string): Promise<Vault> {
  const [port = 0] = await freePorts(1);
  const address = `http://127.0.0.1:${port}`;
  const rootToken = 'root';
  const server = processes.start({
    name: 'openbao',
    program: await programPath('bao'),
    args: [
      'server',
      '-dev',
      `-dev-root-token-id=${rootToken}`,
      `-dev-listen-address=127.0.0.1:${port}`,
      '-dev-no-store-token',
      `-config=${configuration}`,
    ],
  });
  const isUnsealed = async (): Promise<boolean> => {
    const answer = await fetch(`${address}/v1/sys/health`);
    return answer.status === 200;
  };
  await until(isUnsealed, { what: 'OpenBao to be unsealed', check: server.check });
  return { address, rootToken, log: join(processes.folder, 'openbao.log') };
}
