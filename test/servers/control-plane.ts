import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { Agent, fetch } from 'undici';
import { freePorts } from './free-ports.ts';
import { programPath } from './locate.ts';
import type { Processes, Running } from './processes.ts';
import { until } from './until.ts';

/** A Kubernetes API server with its store and the controllers that rollouts need. No kubelet, no nodes. */
export interface ControlPlane {
  readonly url: string;
  /** The certificate that it serves with, PEM. */
  readonly ca: string;
  /** The same as a file, for programs that take a path. */
  readonly caFile: string;
  readonly admin: KubeConfig;
  readonly adminToken: string;
  /** The administrator's configuration as a file. */
  readonly adminFile: string;
}

/** Starts etcd, kube-apiserver and kube-controller-manager; answers when the API server is ready. */
export async function startControlPlane(processes: Processes): Promise<ControlPlane> {
  const [client = 0, peer = 0, secure = 0, manager = 0] = await freePorts(4);
  const store = await startEtcd(processes, client, peer);
  const adminToken = randomBytes(16).toString('hex');
  const apiServer = await startApiServer(processes, { store, port: secure, adminToken });
  const url = `https://127.0.0.1:${secure}`;
  const caFile = join(processes.folder, 'kube-apiserver', 'apiserver.crt');
  const ca = await until(() => readFile(caFile, 'utf8'), { what: 'its certificate', check: apiServer.check });
  await waitUntilReady(url, { ca, adminToken, check: apiServer.check });
  const admin = kubeConfig({ url, ca, token: adminToken });
  const adminFile = join(processes.folder, 'admin.kubeconfig');
  await writeFile(adminFile, admin.exportConfig(), { mode: 0o600 });
  await startControllerManager(processes, adminFile, manager);
  return { url, ca, caFile, admin, adminToken, adminFile };
}

/** A client configuration for one bearer token. */
export function kubeConfig({ url, ca, token }: { url: string; ca: string; token: string }): KubeConfig {
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: 'real', server: url, caData: Buffer.from(ca).toString('base64') }],
    users: [{ name: 'user', token }],
    contexts: [{ name: 'real', cluster: 'real', user: 'user' }],
    currentContext: 'real',
  });
  return config;
}

async function startEtcd(processes: Processes, client: number, peer: number): Promise<string> {
  const url = `http://127.0.0.1:${client}`;
  const peerUrl = `http://127.0.0.1:${peer}`;
  processes.start({
    name: 'etcd',
    program: await programPath('etcd'),
    args: [
      `--data-dir=${join(processes.folder, 'etcd')}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=default=${peerUrl}`,
      // Nothing of it outlives the test: waiting for the disk buys nothing.
      '--unsafe-no-fsync=true',
    ],
  });
  return url;
}

interface ApiServer {
  readonly store: string;
  readonly port: number;
  readonly adminToken: string;
}

async function startApiServer(
  processes: Processes,
  { store, port, adminToken }: ApiServer,
): Promise<Running> {
  const keys = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const file = (name: string): string => join(processes.folder, name);
  await writeFile(file('sa.pub'), keys.publicKey);
  await writeFile(file('sa.key'), keys.privateKey, { mode: 0o600 });
  // The group passes every authorization check, as a cluster's first administrator does.
  await writeFile(file('tokens.csv'), `${adminToken},admin,admin,"system:masters"\n`, { mode: 0o600 });
  return processes.start({
    name: 'kube-apiserver',
    program: await programPath('kube-apiserver'),
    args: [
      `--etcd-servers=${store}`,
      // Tests look through every state that there ever was: those of ten minutes ago would be gone.
      '--etcd-compaction-interval=0',
      `--cert-dir=${file('kube-apiserver')}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--secure-port=${port}`,
      '--service-cluster-ip-range=10.0.0.0/24',
      '--authorization-mode=RBAC',
      // It waits for a root CA ConfigMap in each namespace, which no controller here writes.
      '--disable-admission-plugins=ServiceAccount',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${file('sa.pub')}`,
      `--service-account-signing-key-file=${file('sa.key')}`,
      `--token-auth-file=${file('tokens.csv')}`,
      '--endpoint-reconciler-type=none',
    ],
  });
}

async function waitUntilReady(
  url: string,
  { ca, adminToken, check }: { ca: string; adminToken: string; check: () => void },
): Promise<void> {
  const dispatcher = new Agent({ connect: { ca } });
  const headers = { authorization: `Bearer ${adminToken}` };
  const ask = async (): Promise<boolean> => (await fetch(`${url}/readyz`, { dispatcher, headers })).ok;
  try {
    await until(ask, { what: 'kube-apiserver to be ready', deadlineMs: 60_000, check });
  } finally {
    await dispatcher.close();
  }
}

async function startControllerManager(processes: Processes, kubeconfig: string, port: number): Promise<void> {
  const controllers = [
    'deployment-controller',
    'replicaset-controller',
    'statefulset-controller',
    'daemonset-controller',
    'garbage-collector-controller',
    'namespace-controller',
    'serviceaccount-controller',
  ];
  processes.start({
    name: 'kube-controller-manager',
    program: await programPath('kube-controller-manager'),
    args: [
      `--kubeconfig=${kubeconfig}`,
      `--controllers=${controllers.join(',')}`,
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
      `--secure-port=${port}`,
      `--cert-dir=${join(processes.folder, 'kube-controller-manager')}`,
    ],
  });
}
