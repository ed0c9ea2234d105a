import type { EncryptionRule, PlainSecret } from '../core/ports/encrypter.ts';
import { holdsIdentity, sopsFault } from './faults.ts';
import { type Branch, branch, type Leaf, text } from './tree.ts';
import { type Surroundings, writeFile } from './write-file.ts';

/*
 * The one place of the SOPS writer where values are opened: they go from here into the tree that is encrypted, each
 * marked as one that must not stay in clear. No error made below here knows them.
 */

/**
 * A Secret as the text of an encrypted file. Safe to repeat, with another text each time.
 * Throws sops-left-clear where the rule would leave a value in clear, age-key-exposed for a private key elsewhere.
 */
export async function writeSecret(
  secret: PlainSecret,
  rule: EncryptionRule,
  surroundings: Surroundings,
): Promise<string> {
  refuseIdentity(secret);
  return writeFile(treeOf(secret), rule, surroundings);
}

function treeOf({ name, namespace, substituted = false, type, labels, values }: PlainSecret): Branch {
  const marked = [...values].map(([property, value]): [string, Leaf] => [
    property,
    { ...text(substituted ? encode(value.open()) : value.open()), secret: true },
  ]);
  return branch({
    apiVersion: text('v1'),
    kind: text('Secret'),
    metadata: branch({
      name: text(name),
      namespace: namespace === undefined ? undefined : text(namespace),
      labels: Object.keys(labels).length === 0 ? undefined : texts(Object.entries(labels)),
    }),
    type: text(type),
    [substituted ? 'data' : 'stringData']: {
      kind: 'branch',
      entries: marked.map(([key, value]) => ({ kind: 'pair', key, value })),
    },
  });
}

function encode(value: string): string {
  return Buffer.from(value, 'utf8').toString('base64');
}

/** By entries: a name like `10` would change its place in an object. */
function texts(entries: readonly (readonly [string, string])[]): Branch {
  return {
    kind: 'branch',
    entries: entries.map(([key, value]) => ({ kind: 'pair', key, value: text(value) })),
  };
}

function refuseIdentity({ name, type, labels }: PlainSecret): void {
  if (![name, type, ...Object.entries(labels).flat()].some(holdsIdentity)) return;
  throw sopsFault('age-key-exposed', {
    doing: 'encrypting a Secret',
    wrong: 'its type or a label holds an age private key, which would stay in clear',
    next: 'Take that key for exposed, and make a new one.',
  });
}
