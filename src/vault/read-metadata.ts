import type { SecretMetadata, SecretVersion } from '../core/ports/vault.ts';
import type { Metadata } from './answers.ts';

/** What KV v2 keeps where neither the path nor the mount says otherwise. */
const defaultVersions = 10;

/** Vault's metadata in the words of the port. */
export function readMetadata(data: Metadata['data']): SecretMetadata {
  const versions = Object.entries(data.versions)
    .map(([number, facts]): SecretVersion => {
      const state = facts.destroyed ? 'destroyed' : facts.deletion_time === '' ? 'live' : 'deleted';
      return { version: Number(number), createdTime: facts.created_time, state };
    })
    .toSorted((a, b) => a.version - b.version);
  return {
    currentVersion: data.current_version,
    oldestVersion: versions[0]?.version ?? 0,
    maxVersions: keptVersions(data, versions.length),
    casRequired: data.cas_required,
    updatedTime: data.updated_time,
    versions,
    custom: data.custom_metadata ?? {},
  };
}

/**
 * How many versions are kept. The larger of the path's and the mount's number holds (seen on OpenBao 2.4.0), and the
 * mount's may not be read by the bot. So: where versions have been dropped, what is left is the number itself;
 * otherwise the path's own, or the default, and never less than what is there. It errs to the smaller side, which
 * makes the limit of rotations the stricter one.
 */
function keptVersions(data: Metadata['data'], there: number): number {
  if (data.oldest_version > 1) return Math.max(1, data.current_version - data.oldest_version + 1);
  return Math.max(data.max_versions || defaultVersions, there);
}
