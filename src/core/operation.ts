import type { z } from 'zod';
import type { Actor } from './actor.ts';
import type { Card } from './card.ts';
import type { Clock } from './clock.ts';
import type { Touched } from './freeze/freeze-scope.ts';
import type { Log } from './log.ts';
import type { Permissions } from './permissions.ts';
import type { Call } from './ports/call.ts';
import type { Certificates } from './ports/certificates.ts';
import type { Cluster } from './ports/cluster.ts';
import type { Flux } from './ports/flux.ts';
import type { GitOps } from './ports/gitops.ts';
import type { Place, Shown } from './ports/surface.ts';
import type { Vault } from './ports/vault.ts';

/**
 * Work that survives the death of the replica which does it. Its state is plain data without values,
 * saved in a journal (a Lease) before and after each effect; its card is made from the state alone,
 * so whoever goes on with the work shows the same card.
 */
export interface Operation<State extends z.ZodObject = z.ZodObject> {
  readonly kind: string;
  readonly state: State;
  /**
   * Looked at whenever a replica begins or goes on with the work, whatever step it stands at: throws what forbids it.
   * A right can be taken back meanwhile, and a journal forged to stand behind the step that would have asked.
   */
  check?(work: Work<z.infer<State>>): void;
  /** What it touches: a freeze of any of it stops the work. Without this any freeze does. */
  touches?(state: z.infer<State>): Touched;
  /** It changes no secret, and no freeze stops it. */
  readonly whileFrozen?: 'runs';
  /**
   * Whether it has not begun what it was asked for. Work that lay so for an hour, because no replica was there, is
   * ended: nobody expects it any more. Without this it is begun whenever it can be.
   */
  notBegun?(state: z.infer<State>): boolean;
  /** In their order. Each may run again after a crash: it looks before it acts. */
  readonly steps: readonly OperationStep<z.infer<State>>[];
  /** The card for a state; `standing` says whether the work goes on. */
  card(state: z.infer<State>, standing: Standing): Card;
}

export interface OperationStep<State> {
  readonly name: string;
  run(work: Work<State>): Promise<void>;
}

/** How an operation stands: at work, ended, or stopped by a fault that people can be told. */
export interface Standing {
  readonly phase: 'working' | 'ended';
  /** Milliseconds since it was asked for. */
  readonly tookMs: number;
  /** Times that another replica went on with it. */
  readonly takenOver: number;
  readonly fault?: {
    readonly code: string;
    readonly doing: string;
    readonly wrong: string;
    readonly state: string;
    readonly next: string;
  };
}

/** What a step is given. */
export interface Work<State> {
  readonly id: string;
  readonly actor: Actor;
  /** A copy of the state as it is now; only `save` and `show` change it. */
  readonly state: Readonly<State>;
  /** Times that another replica went on with this operation: a step that sees more than 0 looks harder before it acts. */
  readonly takenOver: number;
  readonly call: Call;
  readonly clock: Clock;
  readonly log: Log;
  /** Each effect of these two throws frozen where a freeze stops it: then nothing was sent. */
  readonly vault: Vault;
  readonly cluster: Cluster;
  readonly flux: Flux;
  readonly certificates: Certificates;
  /** Absent where the configuration names no Git host. */
  readonly gitops?: GitOps;
  readonly permissions: Permissions;
  readonly requestId: string;
  readonly place: Place;
  /** Its card, where one could be shown. */
  readonly shown?: Shown;
  /**
   * Saves a change of the state and shows it. Before an effect this is the intent: when it returns, this replica
   * was still the one at work. Throws lease-lost when another has gone on with it: nothing may be done after that.
   */
  save(change: Partial<State>): Promise<void>;
  /**
   * Takes locks that the operation began without, because it waited for a person. Safe to repeat.
   * Throws already-at-work while another operation holds one of them: then it holds none.
   */
  lock(locks: StartRequest['locks']): Promise<void>;
  /** Shows a change that needs no saving (progress that is looked up again after a crash). */
  show(change: Partial<State>): void;
  /** A call that ends after so many milliseconds at the latest. */
  within(milliseconds: number): Call;
}

/** Ties steps and card to the schema of the state. */
export function defineOperation<State extends z.ZodObject>(definition: Operation<State>): Operation {
  return definition;
}

export interface StartRequest {
  /** Deterministic for a request: the same envelope delivered twice makes the same id, and runs once. */
  readonly id: string;
  readonly kind: string;
  readonly state: unknown;
  readonly actor: Actor;
  readonly requestId: string;
  readonly place: Place;
  /** A card that tells of it already, and is to be changed in place. */
  readonly shown?: Shown;
  /** What no other operation may work on meanwhile; identity of the lock, and words for people. */
  readonly locks: readonly { readonly key: string; readonly what: string }[];
}

export interface Operations {
  /**
   * Journals and runs an operation until it ends; its card is shown at the place.
   * Resolves with the last card, or with nothing when another replica has this very request already.
   * Throws already-at-work (with who and since when) when another operation holds a lock: nothing was changed then.
   */
  start(request: StartRequest): Promise<Card | undefined>;
}
