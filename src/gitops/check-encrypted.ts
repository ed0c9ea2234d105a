import type { ObjectName } from '../core/names.ts';
import type { TextFile } from './open-kustomization.ts';
import { isRecord } from './plain.ts';
import { plainDocuments } from './read-yaml.ts';
import { refusal } from './refuse.ts';

/**
 * A last look at an encrypted file before it is proposed: one Secret of this name, nothing in it left as it was.
 * Answers what people should know. Throws manifest-refused; the text itself is in no message.
 */
export function checkEncrypted(
  { path, text }: TextFile,
  target: ObjectName,
  substituted: boolean,
): readonly string[] {
  const [secret, ...more] = plainDocuments(text) ?? [];
  const wrong = more.length > 0 ? 'it holds several documents' : problemOf(secret, target);
  if (wrong !== undefined) {
    throw refusal({
      code: 'manifest-refused',
      doing: `looking at the encrypted ${path}`,
      wrong,
      next: 'This is a fault of Chatelaine, or of the rule in .sops.yaml: look at its encrypted_regex.',
    });
  }
  return substituted && isRecord(secret) && 'stringData' in secret
    ? ['Flux fills in variables here, in stringData too: a value that holds ${…} would be changed. Use data.']
    : [];
}

/** Why a text is not this Secret with every value encrypted, or has another Secret beside it that is not; undefined where all is well. */
export function problemOfEncrypted(text: string, target: ObjectName): string | undefined {
  const secrets = (plainDocuments(text) ?? []).filter((each) => isRecord(each) && each['kind'] === 'Secret');
  const nameOf = (each: unknown): unknown =>
    isRecord(each) && isRecord(each['metadata']) && each['metadata']['name'];
  if (!secrets.some((each) => nameOf(each) === target.name)) return `it holds no Secret ${target.name}`;
  return secrets
    .map((each) => problemOf(each, { ...target, name: nameOf(each) as ObjectName['name'] }))
    .find((problem) => problem !== undefined);
}

function problemOf(secret: unknown, { name }: ObjectName): string | undefined {
  if (!isRecord(secret) || secret['kind'] !== 'Secret') return 'it holds no Secret';
  if (!isRecord(secret['metadata']) || secret['metadata']['name'] !== name)
    return 'the Secret has another name';
  if (!isRecord(secret['sops']) || typeof secret['sops']['mac'] !== 'string')
    return 'it was not encrypted by SOPS';
  const values = ['data', 'stringData'].flatMap((each) =>
    Object.values(isRecord(secret[each]) ? secret[each] : {}),
  );
  if (values.length === 0) return 'the Secret holds nothing';
  return values.every(
    (each) =>
      each === '' || each === null || (typeof each === 'string' && /^ENC\[AES256_GCM,.*\]$/s.test(each)),
  )
    ? undefined
    : 'a value in it is not encrypted';
}
