import type { CommandContext } from '../../core/command.ts';
import { isFault } from '../../core/errors.ts';
import { PropertyName, type VaultPath } from '../../core/names.ts';
import type { Call } from '../../core/ports/call.ts';
import type { ExternalSecret } from '../../core/ports/cluster.ts';
import { namesBrought } from '../../core/proposal/making.ts';

/** What was approved and merged for a path, and waits for values that only a person has. */
export interface Approved {
  /** `media/jellyfin` */
  readonly target: string;
  readonly path: VaultPath;
  readonly names: readonly PropertyName[];
}

/** All that waits so. Nothing where proposals can't be looked at now: what the cluster reads has to do then. */
export async function approvedValues(
  gitops: CommandContext['gitops'],
  call: Call,
): Promise<readonly Approved[]> {
  try {
    const all = (await gitops?.proposals.list(call)) ?? [];
    return all.flatMap(({ record: { merged, path, makings = [], story } }) =>
      merged === undefined || path === undefined
        ? []
        : [{ target: story.target, path, names: namesBrought(makings) }],
    );
  } catch (error) {
    if (!isFault(error) || call.signal.aborted) throw error;
    return [];
  }
}

/**
 * Properties that ExternalSecrets name of a path, which may have to get them. Any other name would be a mistake, or would
 * reach readers that nobody approved. `smtp.password` may be read out of the JSON in `smtp`: then it is no property.
 */
export function namedByReaders(
  readers: readonly ExternalSecret[],
  path: VaultPath,
  existing: readonly PropertyName[],
): readonly PropertyName[] {
  const named = readers.flatMap(({ reads }) =>
    reads.flatMap((read) =>
      read.how === 'data' && read.path === path && read.property !== undefined ? [read.property] : [],
    ),
  );
  return named.filter((name) => !existing.some((each) => name.startsWith(`${each}.`)));
}

/**
 * Names that a template takes of all that is read of a path. Literals of it are among them: so this says only that a name
 * which somebody asks for is wanted there.
 */
export function takenByTemplates(
  readers: readonly ExternalSecret[],
  path: VaultPath,
): readonly PropertyName[] {
  return readers
    .filter(({ reads }) => reads.some((read) => read.how === 'extract' && read.path === path))
    .flatMap(({ template }) => template?.takes ?? [])
    .flatMap((name) => PropertyName.safeParse(name).data ?? []);
}
