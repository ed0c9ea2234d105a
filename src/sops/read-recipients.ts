import { Encrypter } from 'age-encryption';
import { z } from 'zod';

const Keys = z.union([z.string(), z.array(z.string())]).nullish();
const Others = z.unknown().optional();

const otherKinds = {
  kms: Others,
  gcp_kms: Others,
  hckms: Others,
  azure_keyvault: Others,
  hc_vault: Others,
  hc_vault_transit_uri: Others,
  pgp: Others,
};

/** A group of keys of which any one decrypts. */
interface KeyGroup {
  readonly age?: string | string[] | null | undefined;
  readonly merge?: KeyGroup[] | null | undefined;
  readonly [kind: string]: unknown;
}

const KeyGroup: z.ZodType<KeyGroup> = z.lazy(() =>
  z.object({ age: Keys, merge: z.array(KeyGroup).nullish(), ...otherKinds }),
);

/** The keys of a rule: in fields of its own, or in groups, which then count alone. */
export const KeyFields = z.object({ age: Keys, key_groups: z.array(KeyGroup).nullish(), ...otherKinds });

interface KeyRule extends KeyGroup {
  readonly key_groups?: KeyGroup[] | null | undefined;
  readonly shamir_threshold?: number | null | undefined;
}

type Unusable = (wrong: string) => never;

/** The age recipients of a rule, each once. Ends in `unusable` where the rule asks for keys that aren't age's, or for several at once. */
export function readRecipients(rule: KeyRule, unusable: Unusable): readonly string[] {
  const groups = rule.key_groups ?? [];
  if (groups.length > 1) {
    unusable(`it takes ${groups.length} key groups together to decrypt, and the writer makes files for one`);
  }
  const group = groups[0] ?? rule;
  if ((rule.shamir_threshold ?? 0) > 1) unusable('its shamir_threshold takes more than its one key group');
  const others = kindsBeside(group);
  const recipients = [...new Set(recipientsOf(group))];
  if (others.length > 0) {
    unusable(`it names ${others.join(' and ')}, whose holders could not read what is encrypted to age alone`);
  }
  if (recipients.length === 0) unusable('it names no age recipient');
  for (const each of recipients) assertRecipient(each, unusable);
  return recipients;
}

function recipientsOf(group: KeyGroup): readonly string[] {
  const own = [group.age ?? []].flat().flatMap((text) => text.split(','));
  const merged = (group.merge ?? []).flatMap(recipientsOf);
  return [...merged, ...own.map((each) => each.trim()).filter((each) => each !== '')];
}

function kindsBeside(group: KeyGroup): readonly string[] {
  const own = Object.keys(otherKinds).filter((kind) => {
    const value = group[kind];
    return (
      value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0)
    );
  });
  return [...new Set([...own, ...(group.merge ?? []).flatMap(kindsBeside)])];
}

/** The library's own reader says whether it can be encrypted to. Never shows more of it than its beginning. */
function assertRecipient(recipient: string, unusable: Unusable): void {
  const shown = recipient.slice(0, 12).replace(/[^\w-]/g, '?');
  if (recipient.startsWith('ssh-'))
    unusable(`${shown}… is an SSH key; the writer encrypts to age1… recipients`);
  try {
    new Encrypter().addRecipient(recipient);
  } catch {
    unusable(`${shown}… is no age recipient that can be encrypted to`);
  }
}
