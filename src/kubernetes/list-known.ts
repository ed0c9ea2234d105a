import { isFault } from '../core/errors.ts';
import type { Call } from '../core/ports/call.ts';
import { listAll } from './list-all.ts';
import type { ResourceKind } from './resources.ts';
import type { Send } from './send.ts';

/** All objects of a kind; undefined where the cluster does not know it. */
export async function listKnown<T>(
  send: Send,
  kind: ResourceKind,
  read: (object: unknown) => T | undefined,
  call: Call,
): Promise<readonly T[] | undefined> {
  try {
    return (await listAll(send, kind, read, call)).items;
  } catch (error) {
    if (isFault(error, 'kubernetes-missing')) return undefined;
    throw error;
  }
}
