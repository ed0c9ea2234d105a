import { z } from 'zod';
import { type Card, type Field, mentionPeople } from '../../src/core/card.ts';
import { type CommandContext, defineCommand } from '../../src/core/command.ts';
import { verb } from '../../src/core/count.ts';
import { describeDuration } from '../../src/core/duration.ts';
import { isFault } from '../../src/core/errors.ts';
import { findEither } from '../../src/core/find-certificate.ts';
import { lastSeenLines } from '../../src/core/last-seen.ts';
import { formatObjectName, type PropertyName, type VaultPath } from '../../src/core/names.ts';
import { readNatures } from '../../src/core/nature.ts';
import type { ExternalSecret } from '../../src/core/ports/cluster.ts';
import type { SecretMetadata } from '../../src/core/ports/vault.ts';
import { type Due, readDue } from '../../src/core/rotation-policy.ts';
import type { Secret } from '../../src/core/secrets.ts';
import { secretTarget } from '../../src/core/targets.ts';
import { readProven, readVersions } from '../../src/core/version-record.ts';
import { namedByReaders } from '../../src/operations/set/awaited-properties.ts';
import { showCertificate } from './certificate/show-certificate.ts';

/** Where a secret or a certificate stands. Reads no value: Vault's metadata, the cache, and the Certificate. */
export const status = defineCommand({
  name: 'secret status',
  summary: 'Show where a secret stands, in Vault and in the cluster, or a certificate',
  details: 'A certificate is named by its Certificate, or by the Secret that it makes.',
  examples: ['secret status media/jellyfin', 'secret status network/envoy-gateway'],
  may: 'read',
  effect: 'read',
  args: z.object({ target: secretTarget() }),
  words: ['target'],
  async handler(context, { target }) {
    const found = await findEither(context, target, 'read', () => context.secrets.find(target, 'read'));
    if ('certificate' in found) return { card: await showCertificate(context, found.certificate) };
    const { secret } = found;
    const seen = await Promise.all(secret.paths.map((path) => inVault(context, secret, path)));
    return { card: cardOf(context, secret, seen) };
  },
});

interface SeenPath {
  readonly fields: readonly Field[];
  /** What is asked for and not there. */
  readonly lacks: readonly string[];
  readonly known: boolean;
}

/** What Vault knows of a path; that it can't be asked is an answer too, since the cluster's side can still be told. */
async function inVault(context: CommandContext, secret: Secret, path: VaultPath): Promise<SeenPath> {
  const { vault, call } = context;
  const where = `${vault.mount}/${path}`;
  try {
    const [metadata, properties] = await Promise.all([
      vault.metadata(path, call),
      vault.properties(path, call),
    ]);
    const natures = readNatures(metadata.custom);
    const fields: readonly Field[] = [
      { label: where, value: mentionPeople(describeVersions(metadata, context.clock.now())) },
      {
        label: 'Properties',
        value:
          properties.map((name) => `${name} (${natures.get(name) ?? 'nature unknown'})`).join(', ') || 'none',
      },
      ...readDue(metadata).map((due) => dueField(due, context.clock.now())),
    ];
    return { fields, lacks: lackLines(secret, { path, where, properties }), known: true };
  } catch (error) {
    if (!isFault(error)) throw error;
    return { fields: [{ label: where, value: `not known: ${error.wrong}` }], lacks: [], known: false };
  }
}

/** External Secrets says only that it could not get what it was asked for; here it can be seen what is not there. */
function lackLines(
  { name, target }: Secret,
  {
    path,
    where,
    properties,
  }: { readonly path: VaultPath; readonly where: string; readonly properties: readonly PropertyName[] },
): readonly string[] {
  const missing = namedByReaders([target], path, properties).filter((each) => !properties.includes(each));
  if (missing.length === 0) return [];
  const names = [...new Set(missing)];
  return [
    `${name} asks for ${names.join(', ')}, which ${where} does not have. Bring ${verb(names.length, 'it', 'them')} with /secret set ${name} ${names.join(' ')}, or change the ExternalSecret in Git.`,
  ];
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
  return `v${currentVersion}${state}${age} (${by}); ${proven === undefined ? 'no version is recorded as proven' : `last proven v${proven}`}; keeps ${maxVersions}`;
}

function titleOf({ name, where, target, readers }: Secret, troubled: number, known: boolean): string {
  const { status, reason } = target.ready;
  const own = `${name} ${status === 'True' ? 'is Ready' : `is not Ready (${reason})`}`;
  const all =
    readers.length < 2
      ? `, and alone reads ${where}`
      : troubled === 0
        ? `, as are all ${readers.length} ExternalSecrets that read ${where}`
        : `; of ${readers.length} ExternalSecrets that read ${where}, ${troubled} ${verb(troubled, 'is', 'are')} not`;
  return `${own}${all}${known ? '' : '; what Vault holds is not known'}`;
}

function cardOf(context: CommandContext, secret: Secret, seen: readonly SeenPath[]): Card {
  const { target, readers } = secret;
  const troubled = readers.filter(({ ready }) => ready.status !== 'True');
  const known = seen.every((each) => each.known);
  const lacks = seen.flatMap((each) => each.lacks);
  return {
    state: troubled.length === 0 && known && lacks.length === 0 ? 'success' : 'warning',
    title: titleOf(secret, troubled.length, known),
    fields: [
      ...seen.flatMap(({ fields }) => fields),
      { label: 'Store', value: `${target.store.kind} ${target.store.name}` },
    ],
    table: {
      columns: ['ExternalSecret', 'State', 'Last sync'],
      rows: readers.map((each) => rowOf(each, context.clock.now())),
    },
    lines: [
      ...troubled.map(
        (each) =>
          `${formatObjectName(each)}: ${each.ready.reason}, External Secrets says “${each.ready.message}”`,
      ),
      ...lacks,
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
