import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/generate.ts';
import type { EncryptionRule } from '../core/ports/encrypter.ts';
import { emitYaml } from './emit-yaml.ts';
import { encryptTree } from './encrypt-tree.ts';
import { sealWith } from './seal-value.ts';
import { type Branch, branch, text } from './tree.ts';
import { wrapKey } from './wrap-key.ts';

/** What a file is made with besides its content. */
export interface Surroundings {
  readonly random: Random;
  readonly clock: Clock;
}

/** The version of the format that is written. The `sops` program asks for one in each file. */
const formatVersion = '3.11.0';

/**
 * The text of an encrypted file: the tree, and last what it takes to decrypt it.
 * The age files are made with the system's own randomness, whatever is passed.
 */
export async function writeFile(
  tree: Branch,
  rule: EncryptionRule,
  { random, clock }: Surroundings,
): Promise<string> {
  const dataKey = random(32);
  try {
    const seal = sealWith(dataKey, random);
    const { tree: encrypted, digest } = encryptTree(tree, rule, seal);
    const lastModified = `${new Date(clock.now()).toISOString().slice(0, 19)}Z`;
    const age = await Promise.all(
      rule.recipients.map(async (recipient) =>
        branch({ enc: text(await wrapKey(dataKey, recipient)), recipient: text(recipient) }),
      ),
    );
    const sops = branchInOrder({
      age: { kind: 'list', items: age },
      [rule.selection.by]: text(rule.selection.pattern),
      lastmodified: text(lastModified),
      mac: text(seal('str', digest, lastModified)),
      mac_only_encrypted: rule.macOnlyEncrypted ? { kind: 'leaf', type: 'bool', text: 'True' } : undefined,
      version: text(formatVersion),
    });
    const entries = [...encrypted.entries, ...branch({ sops }).entries];
    return emitYaml({ kind: 'branch', entries }, rule.indent);
  } finally {
    dataKey.fill(0);
  }
}

/** Keys in the order of the alphabet, as `sops` writes its own. */
function branchInOrder(entries: Parameters<typeof branch>[0]): Branch {
  return branch(Object.fromEntries(Object.entries(entries).toSorted(([a], [b]) => (a < b ? -1 : 1))));
}
