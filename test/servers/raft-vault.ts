import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fetch } from 'undici';
import { z } from 'zod';
import { freePorts } from './free-ports.ts';
import { programPath } from './locate.ts';
import type { Processes, Running } from './processes.ts';
import { startService } from './service.ts';
import { until } from './until.ts';
import { healthOf, type Vault } from './vault.ts';

/** One replica, named as its pod would be. */
export interface Replica {
  readonly name: string;
  readonly address: string;
  /** Its log, and its audit records while it is the active one. */
  readonly log: string;
}

/**
 * OpenBao as people run it: three replicas with Raft, sealed by Shamir shares. `address` is a service in front
 * that leads to the active one, as the chart's `vault-active` does.
 */
export interface RaftVault extends Vault {
  readonly replicas: readonly [Replica, Replica, Replica];
  /** The Shamir shares: `threshold` of them unseal a replica. */
  readonly shares: readonly string[];
  readonly threshold: number;
  /** The active replica; waits until there is one. */
  active(): Promise<Replica>;
  /** Those that are unsealed and follow, as each says itself. */
  standbys(): Promise<readonly Replica[]>;
  /**
   * Seals a replica: the active one through the API. A standby refuses that, and is restarted instead, which
   * is how people find one sealed as well.
   */
  seal(replica: Replica): Promise<void>;
  /** Gives a replica one share after another. Fewer than the threshold leave it sealed, with that progress. */
  unseal(replica: Replica, shares?: readonly string[]): Promise<void>;
  /** Ends the process, as a lost node does. Answers when it is gone. */
  kill(replica: Replica): Promise<void>;
  /** Starts it again on its old data and port. It comes up sealed; answers when it answers. */
  start(replica: Replica): Promise<void>;
  restart(replica: Replica): Promise<void>;
  /** Ends the service in front; the servers themselves end with their processes. */
  close(): Promise<void>;
}

const sharesInAll = 5;
const threshold = 3;
const names = ['vault-0', 'vault-1', 'vault-2'] as const;

const Initialised = z.object({ root_token: z.string(), keys_base64: z.array(z.string()) });

interface Node extends Replica {
  readonly folder: string;
  readonly port: number;
  readonly cluster: number;
  server?: Running;
}

/** Starts three replicas, initialises the first, joins the others and unseals all. */
export async function startRaftVault(processes: Processes, configuration: string): Promise<RaftVault> {
  const program = await programPath('bao');
  const nodes = await makeNodes(processes);
  const [first, second, third] = nodes;
  const start = (node: Node): Promise<void> => startNode(processes, { program, configuration }, node);
  await Promise.all(nodes.map(start));
  const body = { secret_shares: sharesInAll, secret_threshold: threshold };
  const { root_token: rootToken, keys_base64: shares } = Initialised.parse(
    await send(first, 'PUT', 'sys/init', { body }),
  );
  const nodeOf = ({ name }: Replica): Node => nodes.find((node) => node.name === name) ?? first;
  const enough = shares.slice(0, threshold);
  await unseal(first, enough);
  await untilHealth(first, 200);
  await promoteAtOnce(first, rootToken);
  for (const node of [second, third]) {
    await send(node, 'PUT', 'sys/storage/raft/join', { body: { leader_api_addr: first.address } });
    await unseal(node, enough);
    await untilHealth(node, 429);
  }
  await untilVoters(first, rootToken);
  const withHealth = async (wanted: number): Promise<readonly Node[]> => {
    const states = await Promise.all(nodes.map((node) => healthOf(node.address).catch(() => 0)));
    return nodes.filter((_, index) => states[index] === wanted);
  };
  const service = await startService(async () => (await withHealth(200))[0]?.address);
  const kill = async (node: Node): Promise<void> => node.server?.stop();
  const restart = async (node: Node): Promise<void> => {
    await kill(node);
    await start(node);
  };
  return {
    address: service.address,
    rootToken,
    log: first.log,
    program,
    replicas: nodes,
    shares,
    threshold,
    active: () => until(async () => (await withHealth(200))[0], { what: 'a replica to be active' }),
    standbys: () => withHealth(429),
    async seal(replica) {
      const node = nodeOf(replica);
      if ((await healthOf(node.address)) !== 200) return restart(node);
      await send(node, 'PUT', 'sys/seal', { token: rootToken });
      await untilHealth(node, 503);
    },
    unseal: (replica, given = enough) => unseal(replica, given),
    kill: (replica) => kill(nodeOf(replica)),
    start: (replica) => start(nodeOf(replica)),
    restart: (replica) => restart(nodeOf(replica)),
    close: () => service.close(),
  };
}

/** Starts three replicas that hold nothing, and initialises none. They end with their processes. */
export async function startEmptyRaft(
  processes: Processes,
  configuration: string,
): Promise<readonly [Replica, Replica, Replica]> {
  const program = await programPath('bao');
  const nodes = await makeNodes(processes);
  await Promise.all(nodes.map((node) => startNode(processes, { program, configuration }, node)));
  return nodes;
}

async function startNode(
  processes: Processes,
  { program, configuration }: { readonly program: string; readonly configuration: string },
  node: Node,
): Promise<void> {
  const args = ['server', `-config=${configuration}`, `-config=${join(node.folder, 'server.hcl')}`];
  node.server = processes.start({ name: node.name, program, args });
  await until(async () => (await healthOf(node.address)) > 0, {
    what: `${node.name} to answer`,
    check: node.server.check,
  });
}

async function makeNodes(processes: Processes): Promise<readonly [Node, Node, Node]> {
  const ports = await freePorts(names.length * 2);
  const make = async (index: number): Promise<Node> => {
    const [port = 0, cluster = 0] = ports.slice(index * 2);
    const name = names[index] ?? names[0];
    const folder = join(processes.folder, `${name}-data`);
    await mkdir(join(folder, 'raft'), { recursive: true });
    const node: Node = {
      name,
      address: `http://127.0.0.1:${port}`,
      log: join(processes.folder, `${name}.log`),
      folder,
      port,
      cluster,
    };
    await writeFile(join(folder, 'server.hcl'), configurationOf(node));
    return node;
  };
  return Promise.all([make(0), make(1), make(2)]);
}

/** What manifests/ leaves to the chart: where the data is, and under which addresses the others find it. */
function configurationOf({ name, address, folder, port, cluster }: Node): string {
  return `
storage "raft" {
  path    = "${join(folder, 'raft')}"
  node_id = "${name}"
  # As the documentation advises for production: a lost leader is noticed within a second or two.
  performance_multiplier = 1
  # How often it looks whether a new replica may have a vote: every ten seconds unless told.
  autopilot_update_interval    = "200ms"
  autopilot_reconcile_interval = "500ms"
}
listener "tcp" {
  address         = "127.0.0.1:${port}"
  cluster_address = "127.0.0.1:${cluster}"
  tls_disable     = true
}
api_addr     = "${address}"
cluster_addr = "https://127.0.0.1:${cluster}"
`;
}

async function unseal(replica: Replica, shares: readonly string[]): Promise<void> {
  for (const key of shares) await send(replica, 'PUT', 'sys/unseal', { body: { key } });
}

/**
 * A replica that joined has no vote until it was healthy for ten seconds. Until then the loss of the active one
 * leaves nobody who could follow it.
 */
async function promoteAtOnce(first: Replica, token: string): Promise<void> {
  const body = { server_stabilization_time: '1s' };
  await send(first, 'POST', 'sys/storage/raft/autopilot/configuration', { token, body });
}

const RaftConfiguration = z.object({
  data: z.object({ config: z.object({ servers: z.array(z.object({ voter: z.boolean() })) }) }),
});

async function untilVoters(first: Replica, token: string): Promise<void> {
  const allVote = async (): Promise<boolean> => {
    const answer = await send(first, 'GET', 'sys/storage/raft/configuration', { token });
    const { servers } = RaftConfiguration.parse(answer).data.config;
    return servers.length === names.length && servers.every(({ voter }) => voter);
  };
  await until(allVote, { what: 'all replicas to have a vote' });
}

async function untilHealth({ name, address }: Replica, wanted: number): Promise<void> {
  await until(async () => (await healthOf(address)) === wanted, { what: `${name} to answer ${wanted}` });
}

interface Sent {
  readonly body?: object;
  readonly token?: string;
}

async function send({ name, address }: Replica, method: string, path: string, sent: Sent): Promise<unknown> {
  const answer = await fetch(`${address}/v1/${path}`, {
    method,
    headers: sent.token === undefined ? {} : { 'x-vault-token': sent.token },
    ...(sent.body === undefined ? {} : { body: JSON.stringify(sent.body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path} of ${name}: ${answer.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}
