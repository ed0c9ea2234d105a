import type { Actor } from './actor.ts';
import type { Card, Text } from './card.ts';
import type { Command } from './command.ts';
import type { Call } from './ports/call.ts';
import type { Place } from './ports/surface.ts';

/** Arguments by name as a surface gathered them, before the schema has seen them. */
export type Given = Readonly<Record<string, GivenValue>>;
export type GivenValue = string | number | boolean | readonly string[];

/** What surfaces (Slack, terminal) call: they gather words and fields, and show cards; nothing else is theirs. */
export interface Dispatcher {
  readonly commands: readonly Command[];
  /** Reads the words after the slash command's own (`rotate media/jellyfin`, with `secret` first). Makes no call: it answers from caches. */
  read(words: readonly string[], actor: Actor): Reading;
  /** The same for fields that a form gathered. */
  readFields(command: Command, given: Given, actor: Actor): Reading;
  /**
   * Checks, runs and answers. Never throws: a fault is a card. Resolves with the card for the person who asked,
   * or with nothing when this very request ran already or its operation has shown its own card.
   */
  run(request: DispatchRequest): Promise<Answer>;
  /** What can be chosen for a field, narrowed by what was given and typed; at most `most`. Only what the actor may see. */
  choices(request: ChoicesRequest): Promise<readonly Choice[]>;
}

export type Reading =
  | { readonly kind: 'ready'; readonly command: Command; readonly given: Given }
  /** Something is missing or ambiguous: a form with the rest filled in, or in a terminal the card. */
  | {
      readonly kind: 'ask';
      readonly command: Command;
      readonly given: Given;
      /** Why, as one line above the form. */
      readonly why: Text;
      /** Problems by field. */
      readonly problems: Readonly<Record<string, string>>;
      readonly card: Card;
    }
  /** Help, or a refusal: no form mends it. */
  | { readonly kind: 'answer'; readonly card: Card };

export interface DispatchRequest {
  readonly command: Command;
  readonly given: Given;
  readonly actor: Actor;
  readonly place: Place;
  /** Unique for what the person did, and the same when it is delivered again (Slack: made of the trigger id). */
  readonly deliveryId: string;
  /** Ends the work when the process stops. */
  readonly signal: AbortSignal;
}

export interface Answer {
  /** For the person alone. Absent: nothing more to say to them. */
  readonly card?: Card;
  /** The last card of an operation, which its place has been shown already. */
  readonly shown?: Card;
}

export interface ChoicesRequest {
  readonly command: Command;
  readonly field: string;
  readonly given: Given;
  readonly typed: string;
  readonly actor: Actor;
  readonly most: number;
  readonly call: Call;
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}
