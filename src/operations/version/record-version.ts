import { describeUnknown, isFault } from '../../core/errors.ts';
import type { Work } from '../../core/operation.ts';
import { rememberRotated } from '../../core/rotation-policy.ts';
import { rememberVersion } from '../../core/version-record.ts';
import type { VersionState } from './state.ts';

/** What else is to be remembered, made of what custom_metadata holds. */
type Others = (custom: Readonly<Record<string, string>>) => Readonly<Record<string, string | null>>;

/**
 * Remembers in custom_metadata who wrote the version, and what else there is to remember of it. Safe to repeat. Where
 * it fails the work goes on, since the value is in Vault already; the card says so.
 */
export async function recordVersion(work: Work<VersionState>, others: Others = () => ({})): Promise<void> {
  const { path, write } = work.state;
  if (write.version === undefined) return;
  try {
    const { custom } = await work.vault.metadata(path, work.within(10_000));
    const record = {
      version: write.version,
      actor: write.state === 'written' ? work.actor.id : '?',
      operation: work.id,
      at: `${new Date(work.clock.now()).toISOString().slice(0, 19)}Z`,
    };
    const change = {
      ...rememberVersion(custom, record),
      ...rememberRotated(
        custom,
        work.state.properties.map(({ name }) => name),
        record,
      ),
      ...others(custom),
    };
    await work.vault.annotate(path, change, work.within(10_000));
    work.show({ recorded: true });
  } catch (error) {
    if (work.call.signal.aborted || isFault(error, 'lease-lost', 'frozen')) throw error;
    work.log.warn({ operation: work.id, path, reason: describeUnknown(error) }, 'version not recorded');
    work.show({ unrecorded: isFault(error) ? error.wrong : 'a fault of Chatelaine itself' });
  }
}
