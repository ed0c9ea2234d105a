import { z } from 'zod';
import { coversPattern } from '../patterns.ts';

const mostCharacters = 256;
const mostWildcards = 6;
const segment = /^[A-Za-z0-9._@+=~*-]+$/;

function scopeProblem(text: string): string | undefined {
  if (text.length > mostCharacters) return `is longer than ${mostCharacters} characters`;
  const segments = text.split('/');
  if (segments.includes('')) return 'has an empty segment';
  if (text.includes('..')) return 'has two dots in a row';
  if (text.includes('***')) return 'has more than two stars in a row';
  if ((text.match(/\*+/g) ?? []).length > mostWildcards) return `has more than ${mostWildcards} wildcards`;
  if (!segments.every((part) => segment.test(part)))
    return "has a character that isn't allowed (letters, digits, * and . _ @ + = ~ - are)";
  return undefined;
}

/**
 * What a freeze stops: a pattern as those of grants, matched with the namespace, with the name and with the path of all
 * that a write touches. `media` is a namespace, `media/jellyfin` a secret or a path, `media/**` all below, `**` everything.
 */
export const FreezeScope = z
  .string()
  // Slack shows a star that might begin bold text as another one; who copies it from a card means the star.
  .overwrite((text) => text.replaceAll('\u2217', '*'))
  .superRefine((text, context) => {
    const problem = scopeProblem(text);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  })
  .brand<'FreezeScope'>();
export type FreezeScope = z.infer<typeof FreezeScope>;

export const everything = '**' as FreezeScope;

/**
 * What a write touches: namespaces, secrets as `namespace/name`, and paths, as plain texts. Undefined where that can't
 * be told: then any freeze stops it.
 */
export type Touched = readonly string[] | undefined;

/**
 * Whether a freeze of this scope stops what touches these. One of them is enough.
 * Threat: a pattern of many wildcards, which a regular expression takes for ever to match; names hold none themselves.
 */
export function stops(scope: FreezeScope, touched: Touched): boolean {
  return scope === everything || touched === undefined || touched.some((each) => coversPattern(scope, each));
}

/** What it stops, as people read it: `all writes`, `writes to media/**`. */
export function describeWrites(scope: FreezeScope): string {
  return scope === everything ? 'all writes' : `writes to ${scope}`;
}

/** The same where a sentence begins with it. */
export function describeWritesFirst(scope: FreezeScope): string {
  return scope === everything ? 'All writes' : `Writes to ${scope}`;
}

/** `everything` and `*` are other words for all there is. */
export function readScope(given: FreezeScope | undefined): FreezeScope {
  return given === undefined || given === '*' || given === 'everything' ? everything : given;
}

/** Whether these patterns of a grant reach as far as the scope does. Errs to no. */
export function reaches(
  grant: { readonly namespaces: readonly string[]; readonly paths: readonly string[] },
  scope: FreezeScope,
): boolean {
  const [first = ''] = scope.split('/');
  // No namespace has a slash in its name: `**` is no more than `*` there.
  const namespace = first.replaceAll('**', '*');
  const named = grant.namespaces.some((each) => coversPattern(each.replaceAll('**', '*'), namespace));
  const isNamespace = !scope.includes('/') && !scope.includes('**');
  return named && (isNamespace || grant.paths.some((each) => coversPattern(each, scope)));
}
