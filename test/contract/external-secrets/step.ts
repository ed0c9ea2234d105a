/** What the Ready condition says. */
export interface Ready {
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

type Data = Readonly<Record<string, unknown>>;

/** How an ExternalSecret and its Secret are once External Secrets has done its work. */
export interface End {
  readonly ready: Ready;
  /** All of the Secret's data, decoded; none: there is no such Secret. Not looked at unless told. */
  readonly data?: Data | 'none' | ((name: string) => Data);
  /** Of a failure: what its Event says, in part. */
  readonly event?: string | RegExp;
  /** Matched against the ExternalSecret and against the Secret. */
  readonly object?: object;
  readonly secret?: object;
}

/** One change in Vault or of the spec, the annotation, and what comes of it. */
export interface Act extends Partial<End> {
  /** A whole new version; null: its newest version is deleted. */
  readonly write?: Readonly<Record<string, unknown>> | null;
  /** Merged into the spec, by the same patch as the annotation. */
  readonly spec?: object;
  /**
   * proven: the status names exactly the object that the annotation made.
   * fails: an Event says so, and the status still names what was synced before.
   * ignored: nothing comes of it, while another ExternalSecret is synced.
   */
  readonly force: 'proven' | 'fails' | 'ignored';
}

export interface SyncCase {
  readonly what: string;
  /** At `contract/<name>` in Vault; null: nothing is there. `usual` unless told. */
  readonly value?: Readonly<Record<string, unknown>> | null;
  readonly customMetadata?: Readonly<Record<string, string>>;
  readonly metadata?: object;
  /** Over the usual spec, which reads `api-key`. */
  readonly spec?: (name: string) => object;
  readonly begins: End;
  readonly acts?: readonly Act[];
}

export const usual = { 'api-key': 'first', other: 'sibling' };

export const synced: Ready = { status: 'True', reason: 'SecretSynced', message: 'secret synced' };
export const failed: Ready = {
  status: 'False',
  reason: 'SecretSyncedError',
  message: 'could not get secret data from provider',
};

/** A spec that reads one thing by this reference. */
export function reading(remoteRef: object): object {
  return { data: [{ secretKey: 'api-key', remoteRef }] };
}

/** A spec that reads whole secrets. */
export function readingFrom(...dataFrom: readonly object[]): object {
  return { data: [], dataFrom };
}
