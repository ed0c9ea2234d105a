import { ChatelaineError, isFault } from '../core/errors.ts';
import type { VaultPath } from '../core/names.ts';
import type { Call } from '../core/ports/call.ts';
import type { SecretValues, WrittenVersion } from '../core/ports/vault.ts';
import { Written } from './answers.ts';
import type { Asked } from './faults.ts';
import { apiPath } from './paths.ts';
import { asking, getMetadata, goneFault, type Kv, parse } from './read-secrets.ts';
import type { Answer } from './transport.ts';

/*
 * The one place of the Vault adapter where values are opened: they go from here into a request's body and nowhere
 * else. Nothing is logged here, and no error made here knows them.
 */

/** Writes version 1 of a path that has none (cas=0). Throws vault-conflict where there is one. Never repeated by itself. */
export async function createSecret(
  kv: Kv,
  path: VaultPath,
  values: SecretValues,
  call: Call,
): Promise<WrittenVersion> {
  const doing = `writing ${kv.mount}/${path} for the first time`;
  const asked = asking(kv, 'data', path, { doing, capability: 'create', writes: true });
  const json = { options: { cas: 0 }, data: open(values) };
  const answer = await kv.ask(asked, { method: 'POST', path: apiPath(kv.mount, 'data', path), json }, call);
  // A path that exists takes `update`, which the bot's policy leaves out: so this 403 can mean that somebody was first.
  if (answer.status === 400 || answer.status === 403)
    await throwIfWritten(kv, { asked, path, cas: 0 }, answer, call);
  return written(asked, answer);
}

/**
 * Changes some properties by a merge patch, if the newest version is still `cas`; their siblings are not read.
 * Throws vault-conflict, vault-missing, vault-deleted. Never repeated by itself.
 */
export async function patchSecret(
  kv: Kv,
  path: VaultPath,
  change: { readonly values: SecretValues; readonly cas: number },
  call: Call,
): Promise<WrittenVersion> {
  const asked = asking(kv, 'data', path, {
    doing: `writing ${kv.mount}/${path}`,
    capability: 'patch',
    writes: true,
  });
  const json = { options: { cas: change.cas }, data: open(change.values) };
  const answer = await kv.ask(asked, { method: 'PATCH', path: apiPath(kv.mount, 'data', path), json }, call);
  if (answer.status === 404) throw goneFault(asked, `${kv.mount}/${path}`, answer);
  if (answer.status === 400) await throwIfWritten(kv, { asked, path, cas: change.cas }, answer, call);
  return written(asked, answer);
}

function open(values: SecretValues): Record<string, string> {
  return Object.fromEntries([...values].map(([name, value]) => [name, value.open()]));
}

function written(asked: Asked, answer: Answer): WrittenVersion {
  const { version, created_time: createdTime } = parse(asked, Written, answer).data;
  return { version, createdTime };
}

/**
 * A stale cas has no code of its own: it is a 400 like others. So the version is asked for: another one than expected
 * is a conflict. Where it can't be asked, a 400 is taken for one, since nothing else is wrong with what we send.
 */
async function throwIfWritten(
  kv: Kv,
  { asked, path, cas }: { readonly asked: Asked; readonly path: VaultPath; readonly cas: number },
  { status }: Answer,
  call: Call,
): Promise<void> {
  const now = await getMetadata(kv, path, call).catch((error: unknown) =>
    isFault(error, 'vault-missing') || status === 403 ? ('missing' as const) : undefined,
  );
  if (now === 'missing' || now?.currentVersion === cas) return;
  const newest = now?.versions.at(-1);
  const which =
    newest === undefined ? 'another version' : `v${newest.version} at ${newest.createdTime.slice(0, 19)}Z`;
  throw new ChatelaineError({
    code: 'vault-conflict',
    doing: asked.doing,
    wrong: `somebody else wrote ${which}${cas === 0 ? '' : `, after this request was read at v${cas}`}`,
    state: 'Nothing was changed by this request.',
    next: 'Look at who wrote it, then ask again if you still want to.',
    status,
  });
}
