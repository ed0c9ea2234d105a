import type { Choice, ChoicesRequest } from './dispatcher.ts';
import { fieldsOf } from './form.ts';
import { formatObjectName, type PropertyName } from './names.ts';
import type { Vault } from './ports/vault.ts';
import { refusalOf } from './refuse-share.ts';
import type { Secrets } from './secrets.ts';

/** What can be chosen for a field of a form: secrets from the cache, properties from the cache and, where a reader takes whole secrets, from Vault. */
export async function chooseFor(
  request: ChoicesRequest,
  secrets: Secrets,
  vault: Vault,
): Promise<readonly Choice[]> {
  if (refusalOf({ ...request.given, typed: request.typed }) !== undefined) return [];
  const field = fieldsOf(request.command).find((each) => each.key === request.field);
  const all = await optionsFor(field?.kind, request, secrets, vault);
  const typed = request.typed.toLowerCase();
  return all
    .filter((option) => option.toLowerCase().includes(typed))
    .toSorted((a, b) => beginsWith(b, typed) - beginsWith(a, typed))
    .slice(0, request.most)
    .map((option) => ({ value: option, label: option }));
}

function beginsWith(option: string, typed: string): number {
  return option.toLowerCase().startsWith(typed) ? 1 : 0;
}

async function optionsFor(
  kind: string | undefined,
  request: ChoicesRequest,
  secrets: Secrets,
  vault: Vault,
): Promise<readonly string[]> {
  if (kind === 'target') return targets(request, secrets);
  if (kind === 'property') return properties(request, secrets, vault);
  return fieldsOf(request.command).find((each) => each.key === request.field)?.choices ?? [];
}

/** An ambiguous name that was given narrows the list to those that bear it. */
function targets({ given, field, typed }: ChoicesRequest, secrets: Secrets): readonly string[] {
  const all = secrets.all();
  const bare = given[field];
  const narrowed = typed === '' && typeof bare === 'string' ? all.filter((each) => each.name === bare) : [];
  return (narrowed.length > 0 ? narrowed : all).map(formatObjectName);
}

async function properties(
  request: ChoicesRequest,
  secrets: Secrets,
  vault: Vault,
): Promise<readonly string[]> {
  const target = fieldsOf(request.command).find((each) => each.kind === 'target');
  const given = target === undefined ? undefined : request.given[target.key];
  if (typeof given !== 'string' || given === '') return [];
  const secret = secrets.find(given, 'read');
  const named = new Set<PropertyName>();
  for (const path of secret.paths) {
    for (const name of await vault.properties(path, request.call).catch(() => [])) named.add(name);
  }
  for (const read of secret.target.reads) if (read.property !== undefined) named.add(read.property);
  return [...named].toSorted();
}
