import { z } from 'zod';

/*
 * Identifiers that were validated are branded: a raw string can't reach a URL, a label or a command.
 *
 * The threats, all seen in the field:
 * - `..` and empty segments climb out of a mount: node-vault sends `kv/data/a/../../sys/policies` as it is
 *   (Vault's storage refuses `..` anywhere in a path, within a segment too);
 * - `?` and `#` end the path of a URL and start a query of the attacker's;
 * - `%` is decoded once more by the server; control characters and line breaks forge log lines;
 * - look-alikes (Cyrillic "а", full-width "／", zero-width joiners) make two names that read the same.
 *   Names here are ASCII, as Kubernetes' are, so that what a person approves is what is written.
 * - over-long ones are refused before they reach a label (63), a Lease's name (253) or a card.
 */

const segment = /^[A-Za-z0-9_][A-Za-z0-9._@+=~-]*$/;

function pathProblem(path: string): string | undefined {
  if (path === '') return 'is empty';
  if (path.length > 512) return 'is longer than 512 characters';
  const segments = path.split('/');
  if (segments.includes('')) return 'has an empty segment';
  if (path.includes('..')) return 'has two dots in a row';
  if (segments.some((part) => part.length > 128)) return 'has a segment longer than 128 characters';
  if (!segments.every((part) => segment.test(part))) {
    return "has a character that isn't allowed (letters, digits and . _ @ + = ~ - are)";
  }
  return undefined;
}

function checked(problemOf: (text: string) => string | undefined) {
  return z.string().superRefine((text, context) => {
    const problem = problemOf(text);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });
}

function pattern(form: RegExp, most: number, problem: string) {
  return checked((text) => {
    if (text === '') return 'is empty';
    if (text.length > most) return `is longer than ${most} characters`;
    return form.test(text) ? undefined : problem;
  });
}

const lowerLabel = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
const lowerSubdomain = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;

/** A Kubernetes namespace: an RFC 1123 label. */
export const Namespace = pattern(
  lowerLabel,
  63,
  'may hold lower-case letters, digits and -, and must begin and end with a letter or digit',
).brand<'Namespace'>();
export type Namespace = z.infer<typeof Namespace>;

/** A Kubernetes object's name: an RFC 1123 subdomain. */
export const ResourceName = pattern(
  lowerSubdomain,
  253,
  'may hold lower-case letters, digits, - and ., and must begin and end with a letter or digit',
).brand<'ResourceName'>();
export type ResourceName = z.infer<typeof ResourceName>;

/** A path below a KV mount, without the mount and without `data/`: `media/jellyfin`. */
export const VaultPath = checked(pathProblem).brand<'VaultPath'>();
export type VaultPath = z.infer<typeof VaultPath>;

/** A mount's path, without slashes at its ends: `kv`, `team-a/kv`. */
export const VaultMount = checked(pathProblem).brand<'VaultMount'>();
export type VaultMount = z.infer<typeof VaultMount>;

/** A property of a KV secret: the form of a key of a Kubernetes Secret, which it usually becomes. */
export const PropertyName = pattern(
  // A leading dot is common (`.dockerconfigjson`); a path of dots is not a name.
  /^(?:\.?[A-Za-z0-9_])[A-Za-z0-9._-]*$/,
  253,
  'may hold letters, digits and . _ -, and must begin with a letter, a digit, _ or a dot before one of them',
).brand<'PropertyName'>();
export type PropertyName = z.infer<typeof PropertyName>;

/** A commit of Git by its whole hash, SHA-1 or SHA-256. */
export const CommitId = checked((text) =>
  /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text) ? undefined : 'is not the whole hash of a commit',
).brand<'CommitId'>();
export type CommitId = z.infer<typeof CommitId>;

/** An object in the cluster: namespace and name. */
export interface ObjectName {
  readonly namespace: Namespace;
  readonly name: ResourceName;
}

/** `media/jellyfin`, as people type it. */
export function formatObjectName(object: ObjectName): string {
  return `${object.namespace}/${object.name}`;
}

/**
 * A text that a person sent, made safe to show back: control and invisible characters as escapes,
 * cut to 40 characters. Threat: hostile arguments that forge lines or hide what they are.
 */
export function quote(text: string): string {
  const visible = text.replace(/[^\x20-\x7e\u00a1-\u00ac\u00ae-\u017f]/gu, (character) => {
    const point = character.codePointAt(0) ?? 0;
    return `\\u{${point.toString(16)}}`;
  });
  return visible.length > 40 ? `“${visible.slice(0, 39)}…”` : `“${visible}”`;
}
