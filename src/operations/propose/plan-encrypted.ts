import { ChatelaineError } from '../../core/errors.ts';
import type { ObjectName } from '../../core/names.ts';
import type { GitOps } from '../../core/ports/gitops.ts';
import type { Place, Plan } from '../../core/ports/manifests.ts';
import type { SecretValues } from '../../core/ports/vault.ts';

/** Where the rules are that say to whom a file is encrypted. */
const rulesFile = '.sops.yaml';

/**
 * A Secret as a file that only the cluster's key opens. What is planned, journaled and pushed is the encrypted text, which
 * goes to Git anyway. Throws what the rules forbid.
 */
export async function planEncrypted(
  { manifests, encrypter }: Pick<GitOps, 'manifests' | 'encrypter'>,
  place: Place,
  wanted: {
    readonly target: ObjectName;
    readonly values: SecretValues;
  },
): Promise<Plan> {
  const { target, values } = wanted;
  const text = await place.repository.readFile(rulesFile);
  if (text === undefined) throw noRules();
  return manifests.newEncryptedSecret(place, {
    target,
    category: 'bootstrap',
    encrypted: (path, object) =>
      encrypter.encryptSecret(
        { ...object, type: 'Opaque', labels: {}, values },
        encrypter.ruleFor({ path: rulesFile, text }, path),
      ),
  });
}

function noRules(): ChatelaineError {
  return new ChatelaineError({
    code: 'sops-no-rule',
    doing: 'planning an encrypted Secret',
    wrong: `the repository has no ${rulesFile} at its root`,
    state: 'Nothing changed.',
    next: 'Add one with a creation rule for this path and the age recipient of the cluster, then ask again.',
  });
}
