import { LRUCache } from 'lru-cache';
import pLimit from 'p-limit';
import type { Clock } from './clock.ts';
import { isFault } from './errors.ts';
import { pathsOf } from './find-secrets.ts';
import { formatObjectName, type VaultPath } from './names.ts';
import type { Call } from './ports/call.ts';
import type { ExternalSecret } from './ports/cluster.ts';
import type { Vault } from './ports/vault.ts';
import { type Due, readDue } from './rotation-policy.ts';

/** A policy that has run out, and the ExternalSecrets that read the path. */
export interface Overdue extends Due {
  readonly path: VaultPath;
  readonly names: readonly string[];
}

export interface Survey {
  /** Those due longest come first. */
  readonly overdue: readonly Overdue[];
  /** Paths that were looked at, and those that could not be. */
  readonly seen: number;
  readonly unread: number;
  /** Why the first of those could not be. */
  readonly why?: string;
}

/** Requests to Vault at the same time. */
const atOnce = 8;
/** So many that find Vault itself away, and none that was read: the others are not asked for. */
const mostInVain = 16;
const away = ['vault-sealed', 'vault-unreachable', 'vault-no-answer', 'vault-login'] as const;
/** Milliseconds for which what was read of a path is taken again. */
const keptMs = 60_000;
const mostKept = 20_000;

/** Looks at the rotation policies of many paths, from metadata alone: paced, and each path once in a minute. */
export class RotationSurvey {
  readonly #vault: Pick<Vault, 'metadata'>;
  readonly #clock: Clock;
  readonly #limit = pLimit(atOnce);
  readonly #kept: LRUCache<VaultPath, readonly Due[]>;

  constructor({ vault, clock }: { readonly vault: Pick<Vault, 'metadata'>; readonly clock: Clock }) {
    this.#vault = vault;
    this.#clock = clock;
    this.#kept = new LRUCache({ max: mostKept, ttl: keptMs });
  }

  /** What is overdue of what these ExternalSecrets read. Throws only the reason with which the call was ended. */
  async overdue(secrets: readonly ExternalSecret[], call: Call): Promise<Survey> {
    const readers = readersByPath(secrets);
    const failed: string[] = [];
    let [read, inVain] = [0, 0];
    const now = this.#clock.now();
    const found = await Promise.all(
      [...readers].map(([path, names]) =>
        this.#limit(async (): Promise<readonly Overdue[]> => {
          // Threat: ten thousand requests a minute to a Vault that is being unsealed.
          if (read === 0 && inVain >= mostInVain) {
            failed.push(failed[0] ?? '');
            return [];
          }
          try {
            const all = await this.#dueOf(path, call);
            read += 1;
            return all.filter(({ due }) => Date.parse(due) <= now).map((due) => ({ ...due, path, names }));
          } catch (error) {
            if (call.signal.aborted) throw call.signal.reason as Error;
            // A path that holds nothing is overdue for nothing.
            if (isFault(error, 'vault-missing')) return [];
            if (!isFault(error)) throw error;
            if (isFault(error, ...away)) inVain += 1;
            failed.push(error.wrong);
            return [];
          }
        }),
      ),
    );
    const [why] = failed;
    return {
      overdue: found.flat().toSorted((a, b) => a.due.localeCompare(b.due)),
      seen: readers.size - failed.length,
      unread: failed.length,
      ...(why === undefined ? {} : { why }),
    };
  }

  /** Has a path read anew the next time: its policy was changed. */
  forget(path: VaultPath): void {
    this.#kept.delete(path);
  }

  async #dueOf(path: VaultPath, call: Call): Promise<readonly Due[]> {
    const kept = this.#kept.get(path);
    if (kept !== undefined) return kept;
    call.signal.throwIfAborted();
    const due = readDue(await this.#vault.metadata(path, call));
    this.#kept.set(path, due);
    return due;
  }
}

function readersByPath(secrets: readonly ExternalSecret[]): ReadonlyMap<VaultPath, readonly string[]> {
  const readers = new Map<VaultPath, string[]>();
  for (const secret of secrets) {
    for (const path of pathsOf(secret)) {
      const names = readers.get(path);
      if (names === undefined) readers.set(path, [formatObjectName(secret)]);
      else names.push(formatObjectName(secret));
    }
  }
  return readers;
}
