import { PropertyName, VaultMount, VaultPath } from '../../src/core/names.ts';
import type { Call } from '../../src/core/ports/call.ts';
import type { SecretValues } from '../../src/core/ports/vault.ts';
import { SecretValue } from '../../src/core/secret-value.ts';

export const canary = 'canary-5e0b-never-shown';
export const jellyfin = VaultPath.parse('media/jellyfin');
export const apiKey = PropertyName.parse('api-key');
export const mount = VaultMount.parse('kv');

/** A call as a command makes it. */
export function call(signal: AbortSignal = new AbortController().signal): Call {
  return { signal, requestId: 'r-7f3a9c', actor: { id: 'U0ROBIN01', name: 'Robin', surface: 'slack' } };
}

export function values(value = canary): SecretValues {
  return new Map([[apiKey, new SecretValue(value)]]);
}
