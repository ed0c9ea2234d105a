import type { Received } from '../../src/playground/http-stand-in.ts';
import type { KubeObject } from '../../src/playground/kubernetes/api/kube-object.ts';
import { app } from '../../src/playground/slack/seed.ts';
import type { World } from '../../src/playground/start-world.ts';
import type { BotWorld } from '../support/bot-world.ts';
import type { Place, Quarry } from './hunt.ts';

/** Keeps every state of every object but Secrets; journals live for seconds only. */
export function keepObjects({ kubernetes }: World): { readonly places: () => readonly Place[] } {
  const kept = new Map<string, Set<string>>();
  kubernetes.onChange(({ object }) => keep(kept, object));
  return {
    places: () => [...kept].map(([at, states]) => ({ at, text: [...states].join('\n') })),
  };
}

function keep(kept: Map<string, Set<string>>, object: KubeObject): void {
  const { kind, metadata } = object;
  if (kind === 'Secret') return;
  const at = `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
  const states = kept.get(at) ?? new Set<string>();
  // What changes with every write says nothing, and there is a lot of it.
  const { managedFields: _, resourceVersion: __, ...rest } = metadata as unknown as Record<string, unknown>;
  states.add(JSON.stringify({ ...object, metadata: rest }));
  kept.set(at, states);
}

/** Everything that the stand-ins received: addresses, each header, bodies. */
export function receivedPlaces(transcript: readonly Received[]): readonly Place[] {
  const all = new Map<string, Set<string>>();
  const add = (at: string, text: string): void => {
    if (text !== '') all.set(at, (all.get(at) ?? new Set()).add(text));
  };
  for (const { server, method, url, headers, body } of transcript) {
    const [path = ''] = url.split('?');
    add(`${server} url`, url);
    add(`${server} body ${method} ${path}`, body);
    for (const [name, text] of Object.entries(headers)) add(`${server} header ${name}`, text);
  }
  return [...all].map(([at, texts]) => ({ at, text: [...texts].join('\n') }));
}

/** What Slack keeps, and what Vault keeps beside values. */
export function keptPlaces({ slack, vault }: BotWorld): readonly Place[] {
  return [
    { at: 'Slack messages', text: JSON.stringify(slack.history) },
    { at: 'custom_metadata', text: JSON.stringify(vault.list().map((path) => [path, vault.custom(path)])) },
  ];
}

/**
 * Values of every version that Vault had, and of every write that was ever asked for; of private keys each line. Public
 * keys are in Vault as well, and may be shown.
 */
export function secretValues({ vault, transcript }: BotWorld): readonly Quarry[] {
  const values = new Map<string, string>();
  const publicKeys: string[] = [];
  const note = (name: string, data: unknown): void => {
    for (const [property, value] of Object.entries((data ?? {}) as Record<string, unknown>)) {
      if (typeof value !== 'string') continue;
      if (property.endsWith('.pub')) publicKeys.push(value);
      else for (const line of secretLines(value)) values.set(line, `${name} ${property}`);
    }
  };
  for (const path of vault.list()) {
    for (const { version } of vault.versions(path))
      note(`${path} v${version}`, vault.read(path, version)?.data);
  }
  for (const { method, url, body } of transcript) {
    if (isValueWrite(method, url)) note(`written ${url}`, (JSON.parse(body) as { data: unknown }).data);
  }
  const mayBeAt = ({ at }: Place): boolean => /^vault(?:-\d)? body (?:PATCH|POST) \/v1\/kv\/data\//.test(at);
  return [...values]
    .filter(([value]) => !publicKeys.some((key) => key.includes(value.slice(0, 16))))
    .map(([value, name]) => ({ name, value, mayBeAt }));
}

/** Without what every key has: the lines around it, and age’s comment with the recipient. */
function secretLines(value: string): readonly string[] {
  const lines = value.split('\n').filter((line) => line !== '');
  return lines.length === 1 ? [value] : lines.filter((line) => line.length > 16 && !/^(-----|#)/.test(line));
}

function isValueWrite(method: string, url: string): boolean {
  return ['PATCH', 'POST', 'PUT'].includes(method) && url.startsWith('/v1/kv/data/');
}

/** The bot's own credentials, each at home in one header or in the login of its own server. */
export function ownTokens({ kubernetes, forge, transcript }: BotWorld): readonly Quarry[] {
  const vaultTokens = new Set(transcript.flatMap(({ headers }) => headers['x-vault-token'] ?? []));
  const jwts = new Set(transcript.flatMap(({ url, body }) => jwtOf(url, body)));
  return [
    own('Slack bot token', app.botToken, /^slack header authorization$/),
    own('Slack app token', app.appToken, /^slack header authorization$/),
    own('Git token', forge.botToken, /^forge header authorization$/),
    own('Kubernetes token', kubernetes.botToken, /^kubernetes header authorization$/),
    ...[...vaultTokens].map((token) => own('Vault token', token, /^vault(?:-\d)? header x-vault-token$/)),
    ...[...jwts].map((jwt) => own('login token', jwt, /^vault body POST \/v1\/auth\/kubernetes\/login$/)),
  ];
}

function own(name: string, value: string, home: RegExp): Quarry {
  return { name, value, whole: true, mayBeAt: ({ at }) => home.test(at) };
}

function jwtOf(url: string, body: string): readonly string[] {
  return url === '/v1/auth/kubernetes/login' ? [(JSON.parse(body) as { jwt: string }).jwt] : [];
}
