import { z } from 'zod';
import { type Inline, mentionPeople, type Text } from '../../src/core/card.ts';
import { defineCommand } from '../../src/core/command.ts';
import { count } from '../../src/core/count.ts';
import type { SecretMetadata } from '../../src/core/ports/vault.ts';
import { secretTarget } from '../../src/core/targets.ts';
import { readProven, readVersions, type VersionRecord } from '../../src/core/version-record.ts';

/** The versions that Vault keeps, and what is remembered of them. Reads metadata alone. */
export const history = defineCommand({
  name: 'secret history',
  summary: 'Show the versions of a secret: when, by whom, by which request, and which was last proven',
  details:
    'Vault keeps no author: a version that Chatelaine has no record of was written by somebody else, or long ago.',
  examples: ['secret history media/jellyfin'],
  may: 'read',
  effect: 'read',
  args: z.object({ target: secretTarget() }),
  words: ['target'],
  async handler({ secrets, vault, call }, { target }) {
    const secret = secrets.find(target, 'read');
    const all = await Promise.all(
      secret.paths.map(async (path) => ({ path, metadata: await vault.metadata(path, call) })),
    );
    const versions = all.reduce((sum, { metadata }) => sum + metadata.versions.length, 0);
    return {
      card: {
        state: 'info',
        title: `${count(versions, 'version')} of ${secret.name} in ${secret.where}`,
        lines: all.flatMap(({ path, metadata }) => [
          ...(all.length === 1 ? [] : [`${vault.mount}/${path}:`]),
          ...linesOf(metadata),
        ]),
        actions: [{ label: 'Status', command: `secret status ${secret.name}` }],
      },
    };
  },
});

/** Newest first. No table: people are mentioned, and times are local to who reads them. */
function linesOf({ versions, custom, currentVersion }: SecretMetadata): readonly Text[] {
  const records = new Map(readVersions(custom).map((record) => [record.version, record]));
  const proven = readProven(custom);
  return versions
    .toSorted((a, b) => b.version - a.version)
    .map(({ version, createdTime, state }) => [
      `v${version}${version === currentVersion ? ', current' : ''}${state === 'live' ? '' : `, ${state}`}: written `,
      { time: createdTime },
      ...byWhom(records.get(version)),
      version === proven ? ', last proven' : '',
    ]);
}

function byWhom(record: VersionRecord | undefined): readonly Inline[] {
  if (record === undefined) return [', not recorded by whom'];
  const { actor, operation } = record;
  const who = actor === '?' ? [", ours or another's"] : [' by ', ...[mentionPeople(actor)].flat()];
  return [...who, ` (request ${operation})`];
}
