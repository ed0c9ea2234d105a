import { z } from 'zod';
import { type Card, type Field, mentionPeople } from '../../src/core/card.ts';
import { type CommandContext, defineCommand } from '../../src/core/command.ts';
import { describeDuration } from '../../src/core/duration.ts';
import { isFault } from '../../src/core/errors.ts';
import { findEither } from '../../src/core/find-certificate.ts';
import { lastSeenLines } from '../../src/core/last-seen.ts';
import { formatObjectName, type VaultPath } from '../../src/core/names.ts';
import { readNatures } from '../../src/core/nature.ts';
import type { ExternalSecret } from '../../src/core/ports/cluster.ts';
import type { SecretMetadata } from '../../src/core/ports/vault.ts';
import { type Due, readDue } from '../../src/core/rotation-policy.ts';
import type { Secret } from '../../src/core/secrets.ts';
import { secretTarget } from '../../src/core/targets.ts';
import { readProven, readVersions } from '../../src/core/version-record.ts';
import { showCertificate } from './certificate/show-certificate.ts';

/** Where a secret or a certificate stands. Reads no value: Vault's metadata, the cache, and the Certificate. */
export const status = defineCommand({
  name: 'secret status',
  summary: 'Show where a secret stands, in Vault and in the cluster, or a certificate',
  details: 'A certificate is named by its Certificate, or by the Secret that it makes.',
  examples: ['secret status media/jellyfin', 'secret status media/web-tls'],
  may: 'read',
  effect: 'read',
  args: z.object({ target: secretTarget() }),
  words: ['target'],
  async handler(context, { target }) {
    const found = await findEither(context, target, 'read', () => context.secrets.find(target, 'read'));
    if ('certificate' in found) return { card: await showCertificate(context, found.certificate) };
    const { secret } = found;
    const vaultFields = await Promise.all(secret.paths.map((path) => inVault(context, path)));
    return { card: cardOf(context, secret, vaultFields.flat()) };
  },
});

/** What Vault knows of a path; that it can't be asked is an answer too, since the cluster's side can still be told. */
async function inVault(context: CommandContext, path: VaultPath): Promise<readonly Field[]> {
  const { vault, call } = context;
  const where = `${vault.mount}/${path}`;
  try {
    const [metadata, properties] = await Promise.all([
      vault.metadata(path, call),
      vault.properties(path, call),
    ]);
    const natures = readNatures(metadata.custom);
    return [
      { label: where, value: mentionPeople(describeVersions(metadata, context.clock.now())) },
      {
        label: 'Properties',
        value:
          properties.map((name) => `${name} (${natures.get(name) ?? 'nature unknown'})`).join(', ') || 'none',
      },
      ...readDue(metadata).map((due) => dueField(due, context.clock.now())),
    ];
  } catch (error) {
    if (!isFault(error)) throw error;
    return [{ label: where, value: `not known: ${error.wrong}` }];
  }
}

function dueField({ property, days, last, by, due }: Due, now: number): Field {
  const left = Date.parse(due) - now;
  const when = left > 0 ? `due in ${describeDuration(left)}` : `overdue for ${describeDuration(-left)}`;
  const who = by === undefined ? '' : ` by ${by}`;
  return {
    label: property === undefined ? 'Rotation' : `Rotation of ${property}`,
    value: mentionPeople(`every ${days}d; last ${last.slice(0, 10)}${who}; ${when} (${due.slice(0, 10)})`),
  };
}

function describeVersions(
  { currentVersion, maxVersions, versions, custom }: SecretMetadata,
  now: number,
): string {
  const current = versions.find(({ version }) => version === currentVersion);
  const record = readVersions(custom).find(({ version }) => version === currentVersion);
  const proven = readProven(custom);
  const age =
    current === undefined ? '' : `, written ${describeDuration(now - Date.parse(current.createdTime))} ago`;
  const state = current === undefined || current.state === 'live' ? '' : ` (${current.state})`;
  const by =
    record === undefined
      ? 'not by Chatelaine, or not recorded'
      : record.actor === '?'
        ? "ours or another's"
        : `asked for by ${record.actor}`;
  return `v${currentVersion}${state}${age} (${by}); last proven ${proven === undefined ? 'not recorded' : `v${proven}`}; keeps ${maxVersions}`;
}

function cardOf(context: CommandContext, secret: Secret, vaultFields: readonly Field[]): Card {
  const { target, readers } = secret;
  const troubled = readers.filter(({ ready }) => ready.status !== 'True');
  const unknown = vaultFields.some(({ value }) => typeof value === 'string' && value.startsWith('not known'));
  const title =
    troubled.length === 0
      ? `${secret.name} is Ready${readers.length > 1 ? `, as are all ${readers.length} ExternalSecrets that read ${secret.where}` : `, and alone reads ${secret.where}`}`
      : `${secret.name} ${target.ready.status === 'True' ? 'is Ready' : `is not Ready (${target.ready.reason})`}; ${troubled.length} of ${readers.length} that read ${secret.where} are not`;
  return {
    state: troubled.length === 0 && !unknown ? 'success' : 'warning',
    title,
    fields: [...vaultFields, { label: 'Store', value: `${target.store.kind} ${target.store.name}` }],
    table: {
      columns: ['ExternalSecret', 'State', 'Last sync'],
      rows: readers.map((each) => rowOf(each, context.clock.now())),
    },
    lines: [
      ...troubled.map(
        (each) =>
          `${formatObjectName(each)}: ${each.ready.reason}, External Secrets says “${each.ready.message}”`,
      ),
      ...lastSeenLines(context.cluster),
    ],
    actions: [
      { label: 'Sync now', command: `secret sync ${secret.name}` },
      { label: 'Uses', command: `secret uses ${secret.name}` },
      { label: 'History', command: `secret history ${secret.name}` },
    ],
  };
}

function rowOf(reader: ExternalSecret, now: number): readonly string[] {
  const last =
    reader.refreshTime === undefined
      ? 'never'
      : `${describeDuration(now - Date.parse(reader.refreshTime))} ago`;
  return [formatObjectName(reader), reader.ready.status === 'True' ? 'Ready' : reader.ready.reason, last];
}
