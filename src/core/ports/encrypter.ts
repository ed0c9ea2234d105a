import type { Namespace, ResourceName } from '../names.ts';
import type { SecretValues } from './vault.ts';

/**
 * Writes SOPS files that obey a repository's own rules. It needs public recipients only: no private key is ever asked
 * for, and one that turns up is refused and taken for exposed. No I/O: the texts come from and go to Git by others.
 */
export interface Encrypter {
  /**
   * The first creation rule that matches a path, as the `sops` program chooses it. Safe to repeat.
   * Throws sops-rules-unreadable where the file is no YAML or not of the form of `.sops.yaml`, sops-no-rule where none
   * matches, sops-rule-unusable where the one that does can't be obeyed with age recipients alone, and age-key-exposed
   * where the file holds a private key (of which nothing is in the error).
   */
  ruleFor(rules: SopsRules, path: string): EncryptionRule;

  /**
   * The text of a `*.sops.yaml` file with a Secret, encrypted by the rule; another text each time.
   * Throws sops-left-clear where the rule would leave a value in clear, and age-key-exposed where a label or a type
   * holds a private key. A value may be one: an age key for the cluster is a secret like others.
   */
  encryptSecret(secret: PlainSecret, rule: EncryptionRule): Promise<string>;
}

/** The repository's `.sops.yaml`. */
export interface SopsRules {
  /** Where it is in the repository: paths are matched from its folder on. */
  readonly path: string;
  readonly text: string;
}

/** A creation rule, validated: what is obeyed, and what a person is shown of it. */
export interface EncryptionRule {
  /** `creation_rules[1] of .sops.yaml (path_regex ^kubernetes/)`. */
  readonly name: string;
  /** The rule as the file has it. */
  readonly text: string;
  /** At least one; each may decrypt alone. Their order is the file's. */
  readonly recipients: readonly string[];
  readonly selection: Selection;
  readonly macOnlyEncrypted: boolean;
  /** Spaces of a level of YAML. */
  readonly indent: number;
}

/** Which values are encrypted. Patterns are RE2 and match anywhere; a suffix is of a key. */
export interface Selection {
  readonly by: SelectionKind;
  readonly pattern: string;
}

/** The names that `.sops.yaml` and the encrypted file have for them; a file has one of them. */
export const selectionKinds = [
  'unencrypted_suffix',
  'encrypted_suffix',
  'unencrypted_regex',
  'encrypted_regex',
  'unencrypted_comment_regex',
  'encrypted_comment_regex',
] as const;
export type SelectionKind = (typeof selectionKinds)[number];

/** A Kubernetes Secret before it is encrypted. Its values become `stringData`, or `data` where that is `substituted`. */
export interface PlainSecret {
  readonly name: ResourceName;
  /** Left out where a Flux Kustomization sets it. */
  readonly namespace?: Namespace;
  /** Whether Flux fills in variables where the file goes: after it decrypted, so in the values too, but for base64. */
  readonly substituted?: boolean;
  /** `Opaque`, `kubernetes.io/ssh-auth` … */
  readonly type: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly values: SecretValues;
}
