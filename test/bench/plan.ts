/** Which stand-in a call went to; replicas of Vault have their own names. */
export type Server = 'slack' | 'vault' | 'kubernetes';

/** One HTTP call as the bot made it. */
export interface HttpStep {
  readonly kind: 'call';
  readonly server: Server;
  readonly method: string;
  readonly url: string;
  readonly contentType: string | undefined;
  readonly body: string;
  /** Steps that had ended, places in the plan, before it was made. */
  readonly after: readonly number[];
}

/** What a call began in the cluster, and the bot waited to see. */
export interface SeeStep {
  readonly kind: 'see';
  /** The object's address on the API server. */
  readonly url: string;
  readonly after: readonly number[];
}

export type Step = HttpStep | SeeStep;

/** The calls of one rotation, in the order and side by side as the bot made them. */
export interface Plan {
  readonly app: string;
  readonly requestId: string;
  /** Of the message in Slack. */
  readonly ts: string;
  readonly steps: readonly Step[];
}

/** An object of the API server as far as it says whether a change has arrived. */
export interface Watched {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string | undefined;
    readonly resourceVersion?: string | undefined;
    readonly uid?: string | undefined;
    readonly generation?: number | undefined;
    readonly annotations?: Readonly<Record<string, string>> | undefined;
  };
  readonly spec?: unknown;
  readonly status?: unknown;
}

/** The address of an ExternalSecret or a Deployment on the API server. */
export function addressOf({ kind, metadata: { name, namespace } }: Watched): string {
  const [group, plural] =
    kind === 'Deployment' ? ['apps/v1', 'deployments'] : ['external-secrets.io/v1', 'externalsecrets'];
  return `/apis/${group}/namespaces/${namespace}/${plural}/${name}`;
}

interface Status {
  readonly syncedResourceVersion?: string;
  readonly observedGeneration?: number;
  readonly updatedReplicas?: number;
  readonly availableReplicas?: number;
  readonly replicas?: number;
}

/**
 * Whether what this request asked for has happened: External Secrets has answered its mark, or the new pod is ready.
 * `before` is what `syncedResourceVersion` said before.
 */
export function hasHappened(object: Watched, requestId: string, before: string | undefined): boolean {
  const status = (object.status ?? {}) as Status;
  if (object.kind === 'ExternalSecret') {
    const isMarked = object.metadata.annotations?.['force-sync'] === requestId;
    return isMarked && status.syncedResourceVersion !== before;
  }
  return (
    JSON.stringify(object.spec).includes(requestId) &&
    status.observedGeneration === object.metadata.generation &&
    status.updatedReplicas === 1 &&
    status.availableReplicas === 1 &&
    status.replicas === 1
  );
}

/** What ESO says that it read last. */
export function syncedOf({ status }: Watched): string | undefined {
  return (status as Status | undefined)?.syncedResourceVersion;
}
