import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import type { EncryptionRule, Selection } from '../../src/core/ports/encrypter.ts';

/** The pattern of most repositories with Kubernetes Secrets. */
export const usualSelection: Selection = { by: 'encrypted_regex', pattern: '^(data|stringData)$' };

/** A rule as `.sops.yaml` would give it. */
export function makeRule(
  recipients: readonly string[],
  changes: Partial<EncryptionRule> = {},
): EncryptionRule {
  return {
    name: 'creation_rules[0] of .sops.yaml (for every path)',
    text: '',
    recipients,
    selection: usualSelection,
    macOnlyEncrypted: false,
    indent: 4,
    ...changes,
  };
}

export interface ThrowawayKey {
  readonly identity: string;
  readonly recipient: string;
}

/** An age key of this run alone. */
export async function makeKey(): Promise<ThrowawayKey> {
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
}
