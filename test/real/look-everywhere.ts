import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Received } from '../../src/playground/http-stand-in.ts';
import { app } from '../../src/playground/slack/seed.ts';
import type { SlackStandIn } from '../../src/playground/slack/start-slack.ts';
import { receivedPlaces } from '../bot/everywhere.ts';
import type { Place, Quarry } from '../bot/hunt.ts';
import type { RealCluster } from '../servers/cluster.ts';
import { readEtcd } from './etcd.ts';
import { type BotFiles, type VaultCall, vaultCall } from './support.ts';

/** A cluster at which a bot has worked, and all that passed between them. */
export interface Seen {
  readonly cluster: RealCluster;
  readonly slack: SlackStandIn;
  /** What the bot wrote to its standard output and standard error. */
  readonly output: string;
  readonly transcript: readonly Received[];
  /** Of the bot at the Git host, whose server is a stand-in. */
  readonly gitToken: string;
  /** Names of the secrets that it worked at, below `media/`. */
  readonly names: readonly string[];
}

const rootOf = ({ vault }: RealCluster): VaultCall => vaultCall(vault.address, vault.rootToken);

/** The newest version of a secret. */
export async function versionOf(cluster: RealCluster, name: string): Promise<number> {
  return (await rootOf(cluster)('GET', `kv/metadata/media/${name}`)).body.data.current_version;
}

/** Values of every version that Vault has, and of every write that was asked for. */
export async function secretValues({ cluster, names, transcript }: Seen): Promise<readonly Quarry[]> {
  const values = new Map<string, string>();
  const note = (name: string, data: Record<string, string>): void => {
    for (const [property, value] of Object.entries(data)) values.set(value, `${name} ${property}`);
  };
  for (const name of names) {
    for (let version = await versionOf(cluster, name); version > 0; version -= 1) {
      const { body } = await rootOf(cluster)('GET', `kv/data/media/${name}?version=${version}`);
      note(`media/${name} v${version}`, body.data.data);
    }
  }
  for (const { method, url, body } of transcript) {
    if (['PATCH', 'POST'].includes(method) && url.startsWith('/v1/kv/data/'))
      note(`written ${url}`, JSON.parse(body).data);
  }
  return [...values].map(([value, name]) => ({ name, value, mayBeAt: isAtHome }));
}

const homes = [
  'vault body PATCH /v1/kv/data/media/',
  'vault body POST /v1/kv/data/media/',
  'etcd /registry/secrets/media/',
];

/** Where a value below `media/` belongs: on its way to Vault, and in a Secret. */
export function isAtHome({ at }: Place): boolean {
  return homes.some((home) => at.startsWith(home));
}

/** The bot's own tokens, each at home in one header or in the login of its own server. */
export async function ownTokens({ transcript, gitToken }: Seen, files: BotFiles): Promise<readonly Quarry[]> {
  const vaultTokens = new Set(transcript.flatMap(({ headers }) => headers['x-vault-token'] ?? []));
  const [kubernetesToken, loginToken] = await Promise.all([
    readFile(files.kubernetesToken, 'utf8'),
    readFile(files.vaultToken, 'utf8'),
  ]);
  return [
    own('Slack bot token', app.botToken, 'slack header authorization'),
    own('Slack app token', app.appToken, 'slack header authorization'),
    own('Git token', gitToken, 'forge header authorization'),
    own('Kubernetes token', kubernetesToken, 'kubernetes header authorization'),
    own('login token', loginToken, 'vault body POST /v1/auth/kubernetes/login'),
    ...[...vaultTokens].map((token) => own('Vault token', token, 'vault header x-vault-token')),
  ];
}

function own(name: string, value: string, home: string): Quarry {
  return { name, value, whole: true, mayBeAt: ({ at }) => at === home };
}

/** All that the bot sent, said and logged, every server's log, and every state of every key of etcd. */
export async function everywhere({
  cluster,
  slack,
  output,
  transcript,
  names,
}: Seen): Promise<readonly Place[]> {
  const logs = (await readdir(cluster.folder)).filter((name) => name.endsWith('.log'));
  const readLog = async (name: string): Promise<Place> => ({
    at: name,
    text: asRead(await readFile(join(cluster.folder, name), 'utf8')),
  });
  const customMetadata = async (name: string): Promise<Place> => {
    const { body } = await rootOf(cluster)('GET', `kv/metadata/media/${name}`);
    return { at: `custom_metadata of ${name}`, text: JSON.stringify(body.data.custom_metadata) };
  };
  const keys = await readEtcd(cluster);
  return [
    ...receivedPlaces(transcript),
    { at: 'Slack messages', text: JSON.stringify(slack.history) },
    { at: 'log', text: output },
    ...(await Promise.all(logs.map(readLog))),
    ...(await Promise.all(names.map(customMetadata))),
    ...keys.map(({ key, values }) => ({ at: `etcd ${key}`, text: asRead(values.join('\n')) })),
  ];
}

/** Go writes three characters of JSON as escapes, which no other encoder does. */
function asRead(text: string): string {
  return text.replaceAll('\\u003c', '<').replaceAll('\\u003e', '>').replaceAll('\\u0026', '&');
}
