import { z } from 'zod';
import { isFault } from '../core/errors.ts';
import type { VaultPath } from '../core/names.ts';
import type { Call } from '../core/ports/call.ts';
import type { ClusterCache } from './cache.ts';
import { listAll } from './list-all.ts';
import type { Send } from './send.ts';

/** What is in the cluster, as far as it can be seen; it may not be all. */
export interface LookAround {
  /** Undefined where they can't be had. Throws only what ended the call. */
  namespaces(call: Call): Promise<readonly string[] | undefined>;
  /** The paths of the mount that ExternalSecrets name; none while that is not known. Throws only what ended the call. */
  paths(call: Call): Promise<readonly VaultPath[]>;
}

const Namespaced = z.object({ metadata: z.object({ namespace: z.string() }) });
/** Milliseconds that the caches are waited for: they may never fill, which is what is being looked into. */
const patience = 5_000;

/** The bot may not list namespaces. Each has a ServiceAccount, and those it may. */
export function createLookAround(send: Send, cache: ClusterCache): LookAround {
  const settled = async ({ signal }: Call): Promise<void> => {
    await cache.ready(AbortSignal.any([signal, AbortSignal.timeout(patience)])).catch(() => undefined);
    signal.throwIfAborted();
  };
  return {
    async namespaces(call) {
      const read = (object: unknown): string | undefined =>
        Namespaced.safeParse(object).data?.metadata.namespace;
      try {
        // First: where it fails nothing has to be waited for.
        const { items } = await listAll(send, 'ServiceAccount', read, call);
        await settled(call);
        const ofSecrets = cache.secrets.all().map(({ namespace }) => namespace);
        return [...new Set([...items, ...ofSecrets])].toSorted();
      } catch (error) {
        if (!isFault(error) || call.signal.aborted) throw error;
        return undefined;
      }
    },
    async paths(call) {
      await settled(call);
      if (!cache.knowsSecrets()) return [];
      const named = cache.secrets.all().flatMap(({ reads }) => reads.filter(({ how }) => how !== 'find'));
      return [...new Set(named.map(({ path }) => path))].toSorted();
    },
  };
}
