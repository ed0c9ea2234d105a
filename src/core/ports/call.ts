import type { Actor } from '../actor.ts';

/** What goes with every call to another system. */
export interface Call {
  /** Ends the call early; its deadline and the process's end are already in it. */
  readonly signal: AbortSignal;
  /** Names travel: to Vault as request headers, to Kubernetes in the user agent, to the log as fields. */
  readonly requestId: string;
  readonly actor?: Actor;
}
