/** Who asks. `nobody` brings no token; `unknown` one that no account has. */
export type Who = 'bot' | 'admin' | 'nobody' | 'unknown';

/** One request and what the bot relies on of its answer. */
export interface Step {
  /** The bot unless told. */
  readonly as?: Who;
  /** `GET /api/v1/events?limit=1`; `$version` is what an earlier step kept by that name. */
  readonly ask: string;
  /** The same in every text of it. */
  readonly body?: unknown;
  /** A merge patch for PATCH, else JSON. */
  readonly contentType?: string;
  readonly status: number;
  /** Matched against the body, which may hold more. A text: the body is that, or contains it. */
  readonly answer?: unknown;
  /** Fields that the body must not have, as paths: `metadata.continue`. */
  readonly absent?: readonly string[];
  /** What later steps need of it: its name there, and its path here, `metadata.resourceVersion`. */
  readonly keep?: Readonly<Record<string, string>>;
  /** It is asked again until the answer is this one. */
  readonly until?: true;
}

export interface ContractCase {
  readonly what: string;
  /** Given a name of this case's own. */
  readonly steps: (name: string) => readonly Step[];
}

/** A watch, what is done while it is open, and what it says then. */
export interface WatchCase {
  readonly what: string;
  readonly before?: (name: string) => readonly Step[];
  /** Its address: a collection and a query. */
  readonly watch: (name: string) => string;
  readonly during?: (name: string) => readonly Step[];
  /** Matched against the events one by one, in this order; more may follow. */
  readonly seen: (name: string) => readonly unknown[];
  /** The server ends it, and nothing else was said. */
  readonly ends?: true;
}
