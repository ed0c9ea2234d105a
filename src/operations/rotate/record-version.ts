import { describeUnknown, isFault } from '../../core/errors.ts';
import type { Work } from '../../core/operation.ts';
import { rememberRecipes } from '../../core/recipe.ts';
import { rememberVersion } from '../../core/version-record.ts';
import type { RotateState } from './state.ts';

/**
 * Remembers in custom_metadata who wrote the version and how its values were made. Safe to repeat. Where it fails
 * the rotation goes on, since the value is in Vault already; the card says so.
 */
export async function recordVersion(work: Work<RotateState>): Promise<void> {
  const { path, write, properties } = work.state;
  if (write.version === undefined) return;
  try {
    const { custom } = await work.vault.metadata(path, work.within(10_000));
    const record = {
      version: write.version,
      actor: write.state === 'written' ? work.actor.id : '?',
      operation: work.id,
      at: `${new Date(work.clock.now()).toISOString().slice(0, 19)}Z`,
    };
    const recipes = new Map(properties.map(({ name, recipe }) => [name, recipe]));
    const change = { ...rememberVersion(custom, record), ...rememberRecipes(custom, recipes) };
    await work.vault.annotate(path, change, work.within(10_000));
  } catch (error) {
    if (work.call.signal.aborted || isFault(error, 'lease-lost')) throw error;
    work.log.warn({ operation: work.id, path, reason: describeUnknown(error) }, 'version not recorded');
    work.show({ unrecorded: isFault(error) ? error.wrong : 'a fault of Chatelaine itself' });
  }
}
