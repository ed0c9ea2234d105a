import { z } from 'zod';
import type { Card } from '../../src/core/card.ts';
import { defineCommand } from '../../src/core/command.ts';
import { count } from '../../src/core/count.ts';
import type { SecretMetadata } from '../../src/core/ports/vault.ts';
import { secretTarget } from '../../src/core/targets.ts';
import { readProven, readVersions } from '../../src/core/version-record.ts';

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
    const rows = all.flatMap(({ path, metadata }) =>
      rowsOf(metadata).map((row) => (all.length === 1 ? row : [path, ...row])),
    );
    return { card: cardOf(secret.name, secret.where, rows, all.length > 1) };
  },
});

function cardOf(name: string, where: string, rows: readonly (readonly string[])[], several: boolean): Card {
  const columns = ['Version', 'Written', 'State', 'Asked for by', 'Request', 'Proven'];
  return {
    state: 'info',
    title: `${count(rows.length, 'version')} of ${name} in ${where}`,
    table: { columns: several ? ['Path', ...columns] : columns, rows },
    actions: [{ label: 'Status', command: `secret status ${name}` }],
  };
}

/** Newest first. */
function rowsOf({ versions, custom, currentVersion }: SecretMetadata): readonly (readonly string[])[] {
  const records = new Map(readVersions(custom).map((record) => [record.version, record]));
  const proven = readProven(custom);
  return versions
    .toSorted((a, b) => b.version - a.version)
    .map(({ version, createdTime, state }) => {
      const record = records.get(version);
      return [
        `v${version}${version === currentVersion ? ' (current)' : ''}`,
        `${createdTime.slice(0, 19)}Z`,
        state,
        record === undefined ? 'not recorded' : record.actor === '?' ? "ours or another's" : record.actor,
        record?.operation ?? '',
        version === proven ? 'last proven' : '',
      ];
    });
}
