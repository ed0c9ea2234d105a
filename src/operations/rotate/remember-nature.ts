import type { CommandContext } from '../../core/command.ts';
import type { PropertyName, VaultPath } from '../../core/names.ts';
import { type Nature, rememberNatures } from '../../core/nature.ts';
import type { Secret } from '../../core/secrets.ts';

/** Remembers where else properties live, in custom_metadata. Takes the right `policy`. Safe to repeat. */
export async function rememberNature(
  context: CommandContext,
  secret: Secret,
  what: { readonly path: VaultPath; readonly properties: readonly { readonly name: PropertyName }[] },
  nature: Nature,
): Promise<void> {
  const { vault, call, permissions, actor } = context;
  permissions.require(actor, 'policy', { namespace: secret.target.namespace, path: what.path });
  const { custom } = await vault.metadata(what.path, call);
  const changes = new Map(what.properties.map(({ name }) => [name, nature]));
  await vault.annotate(what.path, rememberNatures(custom, changes), call);
}
