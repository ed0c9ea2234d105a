import type { CommandContext } from '../../core/command.ts';
import { isFault } from '../../core/errors.ts';
import type { PropertyName, VaultPath } from '../../core/names.ts';
import type { Call } from '../../core/ports/call.ts';
import type { ExternalSecret } from '../../core/ports/cluster.ts';
import { namesBrought } from '../../core/proposal/making.ts';

export interface Awaiting {
  readonly gitops?: CommandContext['gitops'];
  /** Who reads the path. */
  readonly readers: readonly ExternalSecret[];
  readonly path: VaultPath;
  readonly call: Call;
}

/**
 * Properties that a path is to have and may not have yet: what an ExternalSecret names, and what was approved in Git and
 * waits for a value that only a person has. Any other name would be a mistake, or would reach readers that nobody approved.
 */
export async function awaitedProperties({
  gitops,
  readers,
  path,
  call,
}: Awaiting): Promise<readonly PropertyName[]> {
  const named = readers.flatMap(({ reads }) =>
    reads.flatMap((read) =>
      read.how === 'data' && read.path === path && read.property !== undefined ? [read.property] : [],
    ),
  );
  return [...new Set([...named, ...(await approved(gitops, path, call))])];
}

/** Where proposals can't be looked at now, what the cluster reads has to do. */
async function approved(
  gitops: CommandContext['gitops'],
  path: VaultPath,
  call: Call,
): Promise<readonly PropertyName[]> {
  try {
    const all = (await gitops?.proposals.list(call)) ?? [];
    return all
      .filter(({ record }) => record.merged !== undefined && record.path === path)
      .flatMap(({ record }) => namesBrought(record.makings ?? []));
  } catch (error) {
    if (!isFault(error) || call.signal.aborted) throw error;
    return [];
  }
}
