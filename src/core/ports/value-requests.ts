import type { Actor } from '../actor.ts';
import type { PropertyName } from '../names.ts';
import type { Call } from './call.ts';
import type { Place } from './surface.ts';
import type { SecretValues } from './vault.ts';

/** Asks a person for values that only they have, by a one-time page. */
export interface ValueRequests {
  /**
   * Keeps the request where every replica finds it, and makes the link to its page. The link is a key: it is for that
   * person alone, and is kept nowhere. Not safe to repeat: a second time makes a second link.
   */
  ask(request: ValueRequest, call: Call): Promise<ValueLink>;
}

export interface ValueRequest {
  /** Whose handler gets the values. */
  readonly kind: string;
  readonly shown: ValueSubject;
  /** What is asked for, in the order of the page. */
  readonly fields: readonly PropertyName[];
  readonly forActor: Actor;
  /** Where the work that begins with the values shows its card. */
  readonly place: Place;
  readonly requestId: string;
  /** What the handler needs to know again. Plain data, never a value. */
  readonly state: Readonly<Record<string, unknown>>;
}

/** What the page shows of it, in words. */
export interface ValueSubject {
  /** `api-key of media/jellyfin` */
  readonly what: string;
  /** `kv/media/jellyfin` */
  readonly where: string;
  /** git: a file in which it is encrypted. Vault where it is not said. */
  readonly into?: 'vault' | 'git';
  readonly fields: readonly { readonly label: string; readonly value: string }[];
  /** What the person should know before they give it. */
  readonly warnings: readonly string[];
}

export interface ValueLink {
  readonly url: string;
  /** ISO 8601 */
  readonly expires: string;
  /** Shown by the page as well: the same in both places says that the page is ours. */
  readonly check: string;
}

/** What a person brought: the request as it was kept, and the values. */
export interface BroughtValues {
  readonly request: ValueRequest;
  readonly values: SecretValues;
}

/** What became of it up to the write; a card tells the rest. Nothing of a value may be in it. */
export interface ValueOutcome {
  /** unknown: it may have been written, or not. */
  readonly state: 'written' | 'refused' | 'unknown';
  readonly title: string;
  readonly lines: readonly string[];
}

/** Takes the values of one kind of request. Called once for a request at most. A fault it throws is told on the page. */
export type ValueHandler = (brought: BroughtValues, call: Call) => Promise<ValueOutcome>;
