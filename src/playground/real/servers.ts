import { z } from 'zod';

/** A ServiceAccount of the cluster. */
export interface Account {
  readonly namespace: string;
  readonly name: string;
}

/** An object to be applied, as somebody writes it. */
export const NamedManifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});
export type NamedManifest = z.infer<typeof NamedManifest>;

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Bare HTTP calls to the API server under one account. */
export interface ClusterApi {
  call(method: string, path: string, body?: unknown): Promise<Answer>;
  patch(type: 'merge', path: string, body: unknown): Promise<Answer>;
  /** The answer's body. Throws when the status is not 2xx. */
  need(method: string, path: string, body?: unknown): Promise<unknown>;
}

interface Replica {
  readonly name: string;
  readonly address: string;
}

/** OpenBao of several replicas with Raft; `address` leads to the active one. */
export interface VaultServers {
  readonly address: string;
  readonly rootToken: string;
  readonly replicas: readonly Replica[];
  /** The active replica; waits until there is one. */
  active(): Promise<Replica>;
  seal(replica: Replica): Promise<void>;
  unseal(replica: Replica): Promise<void>;
  kill(replica: Replica): Promise<void>;
  /** It comes up sealed. */
  start(replica: Replica): Promise<void>;
}

/** An account of the Git host. */
export interface GitAccount {
  readonly name: string;
  readonly token: string;
  /** Calls its API, `repos/…`: every status is an answer. */
  call(method: string, path: string, body?: unknown): Promise<Answer>;
  /** The answer's body. Throws, with what the host said, when the status is not 2xx. */
  need(method: string, path: string, body?: unknown): Promise<unknown>;
}

/** A Gitea, and Flux that fetches from it. */
export interface GitServers {
  readonly address: string;
  /** Owns every repository. */
  readonly admin: GitAccount;
  /** The bot's own account: no right anywhere until it is given one. */
  readonly bot: GitAccount;
  /** Makes a person's account; likewise. */
  join(name: string): Promise<GitAccount>;
  /** Makes a private repository whose branch `main` has these files; Flux can fetch it from `url`. */
  begin(
    name: string,
    files: Readonly<Record<string, string>>,
  ): Promise<{ readonly path: string; readonly url: string }>;
  /** What encrypts, and the text of the file that decrypts. */
  makeAgeKey(): Promise<{ readonly recipient: string; readonly identity: string }>;
}

/** The real servers behind the playground, with what manifests/ says that a cluster has. */
export interface Servers {
  /** The API server, and its certificate as PEM. */
  readonly url: string;
  readonly ca: string;
  readonly vault: VaultServers;
  readonly git: GitServers;
  /** Goes when the servers stop. */
  readonly folder: string;
  /** The administrator, who seeds and shows. The bot never gets it. */
  readonly adminApi: ClusterApi;
  apiOf(account: Account): Promise<ClusterApi & { close(): Promise<void> }>;
  /** A token of an account; for the API server itself where no audience is named. */
  tokenOf(account: Account, audience?: string): Promise<string>;
  /** Applies objects as Flux does; namespaces first. */
  apply(objects: readonly NamedManifest[]): Promise<void>;
  /** There are no nodes: says of every pod of these namespaces that it is ready, until the answer is called. */
  startKubelet(namespaces: readonly string[]): () => Promise<void>;
  /** Ends all servers and removes the folder. Safe to repeat. */
  stop(): Promise<void>;
}

/** The account that manifests/ makes for the bot. */
export const bot: Account = { namespace: 'chatelaine', name: 'chatelaine' };
