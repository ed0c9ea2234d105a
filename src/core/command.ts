import type { z } from 'zod';
import type { Actor } from './actor.ts';
import type { Clock } from './clock.ts';
import type { Answer } from './dispatcher.ts';
import type { Freezes } from './freeze/freezes.ts';
import type { Log } from './log.ts';
import type { Operations } from './operation.ts';
import type { Permissions, Right } from './permissions.ts';
import type { Call } from './ports/call.ts';
import type { Certificates } from './ports/certificates.ts';
import type { Cluster } from './ports/cluster.ts';
import type { Flux } from './ports/flux.ts';
import type { GitOps } from './ports/gitops.ts';
import type { Inspector } from './ports/inspect.ts';
import type { Place } from './ports/surface.ts';
import type { ValueRequests } from './ports/value-requests.ts';
import type { Vault } from './ports/vault.ts';
import type { Attestations } from './recovery/attestations.ts';
import type { Secrets } from './secrets.ts';
import type { RotationSurvey } from './survey-rotations.ts';

/**
 * A subcommand. What its file says is the whole of what is particular to it: the dispatcher does
 * permission, deadline, audit record, repeated envelopes and errors to people once for all of them.
 */
export interface Command {
  /** As people type it: `secret rotate`. */
  readonly name: string;
  /** One line for the overview, without a full stop. */
  readonly summary: string;
  /** A few more lines for its own help. */
  readonly details?: string;
  /** Whole commands that work, for the help. */
  readonly examples: readonly string[];
  /** The right that it takes. Looked for before anything is read, and again for the target. */
  readonly may: Right;
  /** read: answers the person alone. write: changes something, and shows in the channel. */
  readonly effect: 'read' | 'write';
  /** Whether a freeze stops it. Without this: what writes is stopped, and what reads is not. */
  readonly whileFrozen?: 'stopped' | 'runs';
  /** One schema makes the parser, the help, the modal, the terminal's flags and the completion. */
  readonly args: z.ZodObject;
  /** The arguments that are given by position, in their order; the last may be a list. All others are flags. */
  readonly words: readonly string[];
  /** Flags that may be given as a word too, after the first argument: `every 90d`. */
  readonly spoken?: readonly string[];
  run(context: CommandContext, args: unknown): Promise<Answer>;
}

/** What a handler is given. No Slack, no HTTP: the layers below have these. */
export interface CommandContext {
  readonly actor: Actor;
  readonly requestId: string;
  /** Where cards that others should see are to be shown. */
  readonly place: Place;
  readonly call: Call;
  readonly log: Log;
  readonly clock: Clock;
  /** Finds secrets, and checks the actor's right on each that it gives out. */
  readonly secrets: Secrets;
  readonly vault: Vault;
  readonly cluster: Cluster;
  readonly flux: Flux;
  readonly certificates: Certificates;
  /** Absent where the configuration names no Git host. */
  readonly gitops?: GitOps;
  readonly permissions: Permissions;
  readonly operations: Operations;
  /** How rotation policies stand. */
  readonly rotations: RotationSurvey;
  readonly freezes: Freezes;
  /** Asks a person for values by a one-time page; absent where none is configured. */
  readonly valueRequests?: ValueRequests;
  /** One for each part of the installation. */
  readonly inspectors: readonly Inspector[];
  readonly settings: Settings;
  readonly recovery: Recovery;
}

/** What is kept and set for recovery. */
export interface Recovery {
  readonly attestations: Attestations;
  /** Whoever holds a share, as the configuration names them; empty where it names nobody. */
  readonly shareHolders: readonly Actor[];
  /** Milliseconds that the last good snapshot may be old. */
  readonly maxAgeMs: number;
}

/** What the configuration sets for commands. */
export interface Settings {
  /** Rotations of one path in 24 hours at most; half of what the path keeps of versions, if that is less. */
  readonly rotationsPerDay: number;
  /** Seconds between two rotations of one path. */
  readonly pauseSeconds: number;
  /** Seconds that External Secrets has to take a new version. */
  readonly syncSeconds: number;
  /** Seconds that a rollout has to become ready. */
  readonly rolloutSeconds: number;
}

interface CommandDefinition<Args extends z.ZodObject>
  extends Omit<Command, 'args' | 'run' | 'words' | 'spoken'> {
  readonly args: Args;
  readonly words: readonly (keyof z.infer<Args> & string)[];
  readonly spoken?: readonly (keyof z.infer<Args> & string)[];
  readonly handler: (context: CommandContext, args: z.infer<Args>) => Promise<Answer>;
}

/** Ties a handler to its schema: the handler's arguments are what the schema gives. */
export function defineCommand<Args extends z.ZodObject>(definition: CommandDefinition<Args>): Command {
  const { handler, ...rest } = definition;
  return { ...rest, run: (context, args) => handler(context, args as z.infer<Args>) };
}
