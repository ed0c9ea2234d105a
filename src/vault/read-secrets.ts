import type { z } from 'zod';
import { PropertyName, type VaultMount, VaultPath } from '../core/names.ts';
import type { Call } from '../core/ports/call.ts';
import type { SecretMetadata } from '../core/ports/vault.ts';
import { GoneVersion, Keys, Metadata, Subkeys } from './answers.ts';
import type { AskAsBot } from './caller.ts';
import { type Asked, answerFault, deletedFault, missingFault, oddAnswer } from './faults.ts';
import { apiPath, type KvArea, policyPath } from './paths.ts';
import { readMetadata } from './read-metadata.ts';
import type { Answer } from './transport.ts';

/** The KV v2 mount and the way to ask about it. */
export interface Kv {
  readonly mount: VaultMount;
  readonly ask: AskAsBot;
}

/** Throws vault-missing. Safe to repeat. */
export async function getMetadata(kv: Kv, path: VaultPath, call: Call): Promise<SecretMetadata> {
  const asked = asking(kv, 'metadata', path, { doing: `reading the versions of ${kv.mount}/${path}` });
  const answer = await kv.ask(asked, { method: 'GET', path: apiPath(kv.mount, 'metadata', path) }, call);
  if (answer.status === 404) throw missingFault(asked, `${kv.mount}/${path}`);
  return readMetadata(parse(asked, Metadata, answer).data);
}

/** Throws vault-missing, vault-deleted. Safe to repeat. */
export async function getProperties(kv: Kv, path: VaultPath, call: Call): Promise<readonly PropertyName[]> {
  const asked = asking(kv, 'subkeys', path, { doing: `reading the property names of ${kv.mount}/${path}` });
  // One level: a nested object is one property, and the names below it may be data.
  const url = `${apiPath(kv.mount, 'subkeys', path)}?depth=1`;
  const answer = await kv.ask(asked, { method: 'GET', path: url }, call);
  if (answer.status === 404) throw goneFault(asked, `${kv.mount}/${path}`, answer);
  return Object.keys(parse(asked, Subkeys, answer).data.subkeys)
    .flatMap((name) => PropertyName.safeParse(name).data ?? [])
    .toSorted();
}

/** Names directly below a prefix, sorted; none where there is nothing. Safe to repeat. */
export async function listNames(kv: Kv, prefix: VaultPath | '', call: Call): Promise<readonly string[]> {
  const asked = asking(kv, 'metadata', prefix, {
    doing: `listing ${prefix === '' ? kv.mount : `${kv.mount}/${prefix}`}`,
    capability: 'list',
  });
  // A GET: not every proxy lets Vault's own verb LIST through.
  const url = `${apiPath(kv.mount, 'metadata', prefix)}?list=true`;
  const answer = await kv.ask(asked, { method: 'GET', path: url }, call);
  if (answer.status === 404) return [];
  return parse(asked, Keys, answer)
    .data.keys.filter((key) => VaultPath.safeParse(key.replace(/\/$/, '')).success)
    .toSorted();
}

/** What is asked, for faults; a read unless told otherwise. */
export function asking(
  kv: Kv,
  area: KvArea,
  path: VaultPath | '',
  what: Pick<Asked, 'doing'> & Partial<Asked>,
): Asked {
  return { path: policyPath(kv.mount, area, path), capability: 'read', writes: false, ...what };
}

/** The typed answer of a success. Throws the fault for anything else. */
export function parse<Schema extends z.ZodType>(
  asked: Asked,
  schema: Schema,
  answer: Answer,
): z.infer<Schema> {
  if (answer.status !== 200) throw answerFault(asked, answer);
  const parsed = schema.safeParse(answer.body);
  // What zod says of it quotes the answer: it goes no further.
  if (!parsed.success) throw oddAnswer(asked, answer);
  return parsed.data;
}

/** A 404 of KV v2: it says which version was deleted, or nothing where there never was one. */
export function goneFault(asked: Asked, where: string, answer: Answer): Error {
  const gone = GoneVersion.safeParse(answer.body);
  if (!gone.success) return missingFault(asked, where);
  const { data } = gone.data;
  return deletedFault(asked, where, 'metadata' in data ? data.metadata : data);
}
