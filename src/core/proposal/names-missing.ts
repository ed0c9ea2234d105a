import { isFault } from '../errors.ts';
import type { PropertyName, VaultPath } from '../names.ts';
import type { Call } from '../ports/call.ts';
import type { Vault } from '../ports/vault.ts';

/** Those of these names that a path has no property of; undefined where there is nothing at the path any more. Throws what Vault does. */
export async function namesMissing(
  vault: Pick<Vault, 'properties'>,
  { path, names }: { readonly path: VaultPath | undefined; readonly names: readonly PropertyName[] },
  call: Call,
): Promise<readonly PropertyName[] | undefined> {
  if (names.length === 0 || path === undefined) return [];
  try {
    const there = await vault.properties(path, call);
    return names.filter((each) => !there.includes(each));
  } catch (error) {
    if (isFault(error, 'vault-missing', 'vault-deleted')) return undefined;
    throw error;
  }
}
