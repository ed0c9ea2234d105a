/** A ServiceAccount of the cluster. */
export interface Account {
  readonly namespace: string;
  readonly name: string;
}

/** An object to be applied, as somebody writes it. */
export interface NamedManifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string | undefined;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

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

/** The real servers behind the playground, with what manifests/ says that a cluster has. */
export interface Servers {
  /** The API server, and its certificate as PEM. */
  readonly url: string;
  readonly ca: string;
  readonly vault: VaultServers;
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
