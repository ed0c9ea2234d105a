/** A JSON object as it came over the wire, not yet looked into. */
export type Fields = Readonly<Record<string, unknown>>;

/** A Block Kit block or element: checked by check-blocks.ts when it arrives. */
export interface Block {
  readonly type: string;
  readonly block_id?: string;
  readonly [field: string]: unknown;
}

/** Blocks as the stand-in keeps them: every one has an id, as on Slack. */
export interface Content {
  readonly text: string;
  readonly blocks: readonly Block[];
}

/** One state of a message; edits append, nothing is forgotten. */
export interface Version extends Content {
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** A message with everything that it ever said. Ephemeral ones name the person who sees them. */
export interface StoredMessage {
  readonly ts: string;
  readonly channel: string;
  readonly author: string;
  readonly threadTs?: string;
  readonly metadata?: Fields;
  readonly onlyFor?: string;
  /** Slack itself speaks, to say that a command failed. */
  readonly notice?: NoticeKind;
  /** Oldest first, never empty. */
  readonly versions: readonly Version[];
  readonly reactions: readonly string[];
  readonly deleted: boolean;
}

/** How Slack tells a person that the app did not do what they asked. */
export type NoticeKind = 'operation_timeout' | 'dispatch_failed' | 'unknown_command' | 'invalid_response';

/** A message as one person sees it now. */
export interface Entry extends Content {
  readonly ts: string;
  readonly channel: string;
  readonly author: string;
  readonly authorName: string;
  readonly fromApp: boolean;
  /** "Only visible to you". */
  readonly ephemeral: boolean;
  readonly notice?: NoticeKind;
  readonly threadTs?: string;
  readonly reactions: readonly string[];
  /** 1 for a message that was never edited. */
  readonly version: number;
  /** When it was last changed, milliseconds since 1970. */
  readonly changedAt: number;
}

/** The state of one stateful element, in the form that Slack sends it. */
export type ElementState = Fields & { readonly type: string };
/** `view.state.values`: by block id, then by action id. */
export type ViewValues = Readonly<Record<string, Readonly<Record<string, ElementState>>>>;

/** A view as an app defines it. */
export interface ViewDefinition {
  readonly type: 'modal' | 'home';
  readonly blocks: readonly Block[];
  readonly title?: { readonly text: string };
  readonly submit?: { readonly text: string };
  readonly close?: { readonly text: string };
  readonly private_metadata: string;
  readonly callback_id: string;
  readonly external_id: string;
  readonly clear_on_close: boolean;
  readonly notify_on_close: boolean;
  readonly [field: string]: unknown;
}

/** An open view and what the person has put into it so far. */
export interface OpenView {
  readonly id: string;
  readonly user: string;
  readonly rootId: string;
  readonly previousId: string | null;
  readonly hash: string;
  readonly definition: ViewDefinition;
  readonly values: ViewValues;
  /** Shown at fields, by block id. */
  readonly errors: Readonly<Record<string, string>>;
}

/** Whether a value is a JSON object. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A string field, or '' where there is none. */
export function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A list field, or an empty list. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The id by which an element's actions are told from others. */
export function actionIdOf(element: Fields): string {
  return stringOf(element['action_id']);
}
