import { count } from '../../core/count.ts';
import { isFault } from '../../core/errors.ts';
import { some } from '../../core/findings.ts';
import type { VaultPath } from '../../core/names.ts';
import type { Call } from '../../core/ports/call.ts';
import type { Finding } from '../../core/ports/inspect.ts';
import type { SecretMetadata } from '../../core/ports/vault.ts';
import { getMetadata, type Kv } from '../read-secrets.ts';
import { findings } from './findings.ts';

/** As many as are looked at one by one; the rights were asked for all of them. */
const mostPaths = 50;
/** Below this one day's rotations drop the last version that was proven. */
const fewVersions = 4;

/** The secrets themselves, without a value: whether they are there, and what protects their versions. */
export async function inspectPaths(
  kv: Kv,
  paths: readonly VaultPath[],
  call: Call,
): Promise<readonly Finding[]> {
  const read = await Promise.all(
    paths.slice(0, mostPaths).map(async (path) => {
      const metadata = await getMetadata(kv, path, call).catch((error: unknown) => {
        if (isFault(error, 'vault-missing')) return undefined;
        // A right that is missing was found before.
        if (isFault(error)) return 'unseen' as const;
        throw error;
      });
      return { where: `${kv.mount}/${path}`, metadata };
    }),
  );
  const seen = read.flatMap(({ where, metadata }) =>
    typeof metadata === 'object' ? [{ where, metadata }] : [],
  );
  const missing = read.filter(({ metadata }) => metadata === undefined).map(({ where }) => where);
  return [...judgeMissing(missing), ...judgeSeen(seen), judgeCas(kv, seen)];
}

type Seen = readonly { readonly where: string; readonly metadata: SecretMetadata }[];

function judgeMissing(missing: readonly string[]): readonly Finding[] {
  if (missing.length === 0) return [];
  const fix = 'Write a first value there, or mend the key in the ExternalSecret.';
  return [
    findings.doubt(
      `ExternalSecrets read ${count(missing.length, 'path')} never written to`,
      some(missing),
      fix,
    ),
  ];
}

function judgeSeen(seen: Seen): readonly Finding[] {
  const gone = seen
    .filter(({ metadata }) => metadata.versions.at(-1)?.state !== 'live')
    .map(({ where }) => where);
  const few = seen
    .filter(({ metadata }) => metadata.maxVersions < fewVersions)
    .map(({ where, metadata }) => `${where}: ${metadata.maxVersions}`);
  return [
    ...(gone.length === 0
      ? []
      : [
          findings.doubt('the newest version is deleted where ExternalSecrets read', some(gone), [
            { code: 'bao kv undelete' },
            ', or a new value',
          ]),
        ]),
    ...(few.length === 0
      ? []
      : [
          findings.doubt(
            'so few versions are kept that rotations soon drop the last one that was proven',
            some(few),
            [{ code: 'bao kv metadata put -max-versions=20' }, ' for each'],
          ),
        ]),
  ];
}

/** Either the path's own setting or the mount's holds, and only the path's can be seen by the bot. */
function judgeCas({ mount }: Kv, seen: Seen): Finding {
  if (seen.length > 0 && seen.every(({ metadata }) => metadata.casRequired)) {
    return findings.good(
      'check-and-set is required for each secret',
      `cas_required in the metadata of ${count(seen.length, 'path')}`,
    );
  }
  return findings.unknown(
    `whether ${mount} requires check-and-set, and how many versions it keeps`,
    `the paths don't say it themselves, and the bot has no right to read ${mount}/config`,
    [
      'A person who may: ',
      { code: `bao read ${mount}/config` },
      ', and where it says less: ',
      { code: `bao write ${mount}/config cas_required=true max_versions=20` },
    ],
  );
}
