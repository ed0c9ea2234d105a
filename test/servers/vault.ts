import { join } from 'node:path';
import { fetch } from 'undici';
import { freePorts } from './free-ports.ts';
import { programPath } from './locate.ts';
import type { Processes, Running } from './processes.ts';
import { until } from './until.ts';

/** A Vault: unsealed, its root token known. */
export interface Vault {
  readonly address: string;
  readonly rootToken: string;
  /** Its log, which also holds the audit records: they go to standard output, as manifests/ has it. */
  readonly log: string;
  /** The program, which is its own command-line client. */
  readonly program: string;
}

const rootToken = 'root';

/** Starts OpenBao in memory with the part of its configuration that manifests/ keeps; answers when it is unsealed. */
export async function startVault(processes: Processes, configuration: string): Promise<Vault> {
  const program = await programPath('bao');
  return startDev(processes, { name: 'openbao', program, args: [`-config=${configuration}`] });
}

/** Starts HashiCorp Vault in memory, with the audit log that manifests/ asks for; answers when it is unsealed. */
export async function startHashicorpVault(processes: Processes): Promise<Vault> {
  const program = await programPath('vault');
  const vault = await startDev(processes, { name: 'vault', program, args: [] });
  // It takes no audit device from a configuration file; OpenBao takes none from anywhere else.
  const body = JSON.stringify({ type: 'file', options: { file_path: 'stdout' } });
  const headers = { 'x-vault-token': rootToken };
  const answer = await fetch(`${vault.address}/v1/sys/audit/stdout`, { method: 'PUT', headers, body });
  if (!answer.ok) throw new Error(`enabling the audit log of HashiCorp Vault: ${answer.status}`);
  return vault;
}

/** Asks a Vault for its state: 200 active, 429 standby, 501 not initialised, 503 sealed. */
export async function healthOf(address: string): Promise<number> {
  return (await fetch(`${address}/v1/sys/health`)).status;
}

interface Dev {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
}

async function startDev(processes: Processes, { name, program, args }: Dev): Promise<Vault> {
  const [port = 0] = await freePorts(1);
  const server: Running = processes.start({
    name,
    program,
    args: [
      'server',
      '-dev',
      `-dev-root-token-id=${rootToken}`,
      `-dev-listen-address=127.0.0.1:${port}`,
      '-dev-no-store-token',
      ...args,
    ],
  });
  const address = `http://127.0.0.1:${port}`;
  const isUnsealed = async (): Promise<boolean> => (await healthOf(address)) === 200;
  await until(isUnsealed, { what: `${name} to be unsealed`, check: server.check });
  return { address, rootToken, log: join(processes.folder, `${name}.log`), program };
}
