import { isFault } from '../../core/errors.ts';
import type { VaultPath } from '../../core/names.ts';
import type { Work } from '../../core/operation.ts';

/** Milliseconds between two looks at the path. */
const pollMs = 5_000;

/**
 * Waits for a version above `before`, which somebody writes with Vault's own program; a Vault that is away is waited for.
 * Returns nothing when `until` has come. Safe to run again.
 */
export async function awaitVersion(
  work: Pick<Work<never>, 'vault' | 'clock' | 'call' | 'within'>,
  { path, before, until }: { readonly path: VaultPath; readonly before: number; readonly until: string },
): Promise<number | undefined> {
  for (;;) {
    const version = await currentVersion(work, path);
    if (version !== undefined && version > before) return version;
    const left = Date.parse(until) - work.clock.now();
    if (left <= 0) return undefined;
    await work.clock.sleep(Math.min(pollMs, left), work.call.signal);
  }
}

async function currentVersion(
  work: Pick<Work<never>, 'vault' | 'call' | 'within'>,
  path: VaultPath,
): Promise<number | undefined> {
  try {
    return (await work.vault.metadata(path, work.within(10_000))).currentVersion;
  } catch (error) {
    if (work.call.signal.aborted || !isFault(error)) throw error;
    return undefined;
  }
}
