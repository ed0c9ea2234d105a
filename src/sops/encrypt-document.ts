import type { EncryptionRule } from '../core/ports/encrypter.ts';
import { readDocument } from './read-document.ts';
import { type Surroundings, writeFile } from './write-file.ts';

/**
 * Any YAML document as an encrypted file. What the rule doesn't select stays in clear, as the rule's author wants it.
 * Throws sops-document for a document that such a file can't hold.
 */
export async function encryptDocument(
  document: string,
  rule: EncryptionRule,
  surroundings: Surroundings,
): Promise<string> {
  return writeFile(readDocument(document), rule, surroundings);
}
