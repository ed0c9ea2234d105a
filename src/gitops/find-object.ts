import type { ObjectName } from '../core/names.ts';
import { formatObjectName } from '../core/names.ts';
import type { ManifestKind } from '../core/ports/manifests.ts';
import { isRecord } from './plain.ts';
import { refusal } from './refuse.ts';
import { type FoundObject, fillVariables, isObject, type ManifestFile, type Survey } from './survey.ts';

export interface Found {
  readonly file: ManifestFile;
  readonly object: FoundObject;
}

/** The object of this kind and name among what Flux builds together. Throws manifest-missing. */
export function needObject(survey: Survey, kind: ManifestKind, target: ObjectName): Found {
  const found = allObjects(survey).filter(({ object }) => isObject(survey, object, kind, target));
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  const others = found.map(({ file }) => file.path).join(', ');
  throw refusal({
    code: first === undefined ? 'manifest-missing' : 'manifest-not-editable',
    doing: `looking for the ${kind} ${formatObjectName(target)} in the repository`,
    wrong:
      first === undefined
        ? `there is none in ${survey.folder}${survey.covering === undefined ? '' : `, nor in what Flux builds with it`}`
        : `there are several: ${others}`,
    next: 'See where it is made, and change it by hand in a pull request of your own.',
  });
}

/** Throws manifest-exists where the object, or the Secret that would come of it, is made by something else already. */
export function checkFree(survey: Survey, kind: ManifestKind, target: ObjectName, secret: string): void {
  const taken = allObjects(survey).find(
    ({ object }) =>
      isObject(survey, object, kind, target) ||
      (isInNamespace(survey, object, target) && secretOf(survey, object) === secret),
  );
  if (taken === undefined) return;
  const { file, object } = taken;
  const isSame = isObject(survey, object, kind, target);
  throw refusal({
    code: 'manifest-exists',
    doing: `proposing the ${kind} ${formatObjectName(target)}`,
    wrong: isSame
      ? `${file.path} has one of this name already`
      : `the Secret ${secret} is made already, by the ${object.kind} of ${file.path}`,
    next: 'Choose another name, or add a property to the one that is there.',
  });
}

function allObjects({ files }: Survey): readonly Found[] {
  return files.flatMap((file) => file.objects.map((object) => ({ file, object })));
}

function isInNamespace(survey: Survey, object: FoundObject, target: ObjectName): boolean {
  return isObject(survey, { ...object, name: target.name }, object.kind, target);
}

/** The Secret that comes of an object; undefined for one that makes none. */
export function secretOf(survey: Survey, { kind, name, plain }: FoundObject): string | undefined {
  const spec = isRecord(plain['spec']) ? plain['spec'] : {};
  const named = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  const target = isRecord(spec['target']) ? spec['target'] : {};
  const secrets: Readonly<Record<string, () => string | undefined>> = {
    Secret: () => name,
    ExternalSecret: () =>
      target['creationPolicy'] === 'Merge' ? undefined : (named(target['name']) ?? name),
    Certificate: () => named(spec['secretName']),
  };
  const secret = Object.hasOwn(secrets, kind) ? secrets[kind]?.() : undefined;
  return secret === undefined ? undefined : fillVariables(secret, survey.covering?.substitute);
}
