import { z } from 'zod';
import { type ObjectName, VaultPath } from './names.ts';

/*
 * Where new files go in the repository, by configuration: `kubernetes/apps/{namespace}/{app}/app/externalsecret.yaml`.
 * Threat: a template that climbs out of the repository, or that makes a file which Git or a CI runs.
 */

const segment = /^(?:[A-Za-z0-9._@+=~-]|\{namespace\}|\{app\})+$/;

function problemOf(template: string): string | undefined {
  const segments = template.split('/');
  if (template.length > 256) return 'is longer than 256 characters';
  if (template.includes('..') || segments.some((each) => each === '' || each === '.')) {
    return 'has an empty segment, or one of dots';
  }
  if (!segments.every((each) => segment.test(each))) {
    return "has a character that isn't allowed (letters, digits, . _ @ + = ~ -, {namespace} and {app} are)";
  }
  if (segments.some((each) => /^\.git/i.test(each))) return 'is in a folder of Git’s own, or of its host’s';
  if (!template.includes('{app}')) return 'must hold {app}: else every secret has the same file';
  return /\.ya?ml$/.test(template) ? undefined : 'must end with .yaml or .yml';
}

/** A file's path from the repository's root, with `{namespace}` and `{app}` in it. */
export const PathTemplate = z
  .string()
  .superRefine((text, context) => {
    const problem = problemOf(text);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  })
  .brand<'PathTemplate'>();
export type PathTemplate = z.infer<typeof PathTemplate>;

/** Where the values of a new secret go, below the mount: `{namespace}/{app}`. */
export const SecretPathTemplate = z
  .string()
  .refine(
    (text) => text.includes('{app}') && VaultPath.safeParse(filled(text, 'a', 'b')).success,
    'must be a path of Vault with {app} in it: else every secret has the same path',
  )
  .brand<'SecretPathTemplate'>();
export type SecretPathTemplate = z.infer<typeof SecretPathTemplate>;

/** The path in Vault of one object's values. */
export function fillSecretPath(template: SecretPathTemplate, { namespace, name }: ObjectName): VaultPath {
  return VaultPath.parse(filled(template, namespace, name));
}

function filled(template: string, namespace: string, name: string): string {
  return template.replaceAll('{namespace}', namespace).replaceAll('{app}', name);
}

/** The path of one object. `{app}` is the object's name. */
export function fillPath(template: PathTemplate, { namespace, name }: ObjectName): string {
  return filled(template, namespace, name);
}
