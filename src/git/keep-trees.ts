import { LRUCache } from 'lru-cache';
import type { z } from 'zod';
import type { CommitId } from '../core/git-names.ts';
import type { Call } from '../core/ports/call.ts';
import type { FolderEntry } from '../core/ports/forge.ts';
import type { Host, Request } from './host.ts';
import { Tree } from './shapes.ts';

/** Every folder of a commit by its path, `''` for the root, with what it holds, sorted by name. */
export type Folders = ReadonlyMap<string, readonly FolderEntry[]>;

/** A plan looks at one commit; a few are looked at in turn. */
const mostCommits = 4;
/** Gitea has a thousand entries a page unless told otherwise. */
const mostPages = 10;

type Entry = z.infer<typeof Tree>['tree'][number];

/** `too-large`: the host doesn't give it whole, or not in a few pages. */
type Outcome = Folders | 'too-large' | 'missing';

interface Kept {
  readonly asked: Promise<Outcome>;
  /** Of who asked: ends the request for all who wait for it. */
  readonly signal: AbortSignal;
  outcome?: Outcome;
}

/** Whole trees of the commits that were looked at last: a commit never changes, so none grows old. No file's text is in them. */
export class Trees {
  readonly #host: Host;
  readonly #kept = new LRUCache<CommitId, Kept>({ max: mostCommits });

  constructor(host: Host) {
    this.#host = host;
  }

  /** Undefined where it is not to be had whole: then folders are asked for one by one. Throws the port's faults. */
  async at(commit: CommitId, call: Call): Promise<Folders | undefined> {
    const outcome = await this.#share(commit, call);
    return typeof outcome === 'string' ? undefined : outcome;
  }

  /** What is known of a commit without asking; undefined where that is nothing. */
  known(commit: CommitId): Folders | undefined {
    const outcome = this.#kept.get(commit)?.outcome;
    return typeof outcome === 'string' ? undefined : outcome;
  }

  /** One request for all who ask at the same time. */
  async #share(commit: CommitId, call: Call): Promise<Outcome> {
    const kept = this.#kept.get(commit);
    if (kept === undefined) return this.#ask(commit, call);
    call.signal.throwIfAborted();
    try {
      return await unlessAborted(kept.asked, call.signal);
    } catch (error) {
      // Who asked has given up: that is no answer for the others.
      if (call.signal.aborted || !kept.signal.aborted) throw error;
      return this.#share(commit, call);
    }
  }

  async #ask(commit: CommitId, call: Call): Promise<Outcome> {
    const kept: Kept = { asked: readWhole(this.#host, commit, call), signal: call.signal };
    this.#kept.set(commit, kept);
    try {
      kept.outcome = await kept.asked;
      return kept.outcome;
    } finally {
      if (kept.outcome === undefined || kept.outcome === 'missing') this.#kept.delete(commit);
    }
  }
}

/** Throws the signal's reason as soon as it has one. */
function unlessAborted<Found>(asked: Promise<Found>, signal: AbortSignal): Promise<Found> {
  const given = Promise.withResolvers<never>();
  const giveUp = (): void => given.reject(signal.reason);
  signal.addEventListener('abort', giveUp, { once: true });
  return Promise.race([asked, given.promise]).finally(() => signal.removeEventListener('abort', giveUp));
}

async function readWhole(host: Host, commit: CommitId, call: Call): Promise<Outcome> {
  const first = await readPage(host, commit, 1, call);
  if (first === undefined) return 'missing';
  if (!first.truncated) return foldersOf(first.tree);
  // GitHub has no other pages, and counts nothing.
  const total = first.total_count ?? Number.POSITIVE_INFINITY;
  const pages = Math.ceil(total / first.tree.length);
  if (!(pages <= mostPages)) return 'too-large';
  const rest = await Promise.all(
    Array.from({ length: pages - 1 }, (_, index) => readPage(host, commit, index + 2, call)),
  );
  const entries = [first, ...rest].flatMap((page) => page?.tree ?? []);
  return entries.length === total ? foldersOf(entries) : 'too-large';
}

/** Undefined where the host doesn't know the commit, each in its way. */
async function readPage(
  host: Host,
  commit: CommitId,
  page: number,
  call: Call,
): Promise<z.infer<typeof Tree> | undefined> {
  const request: Request = {
    path: `/git/trees/${commit}?recursive=1${page === 1 ? '' : `&page=${page}`}`,
    doing: 'reading which files there are',
    right: 'Contents: read',
    also: [400, 404, 409],
    isUnkept: true,
  };
  const answer = await host.ask(request, call);
  return answer.status < 300 ? host.check(Tree, request, answer) : undefined;
}

function foldersOf(entries: readonly Entry[]): Folders {
  const folders = new Map<string, FolderEntry[]>([['', []]]);
  const into = (path: string): FolderEntry[] => {
    const known = folders.get(path) ?? [];
    folders.set(path, known);
    return known;
  };
  for (const entry of entries) {
    const end = entry.path.lastIndexOf('/');
    const kind = kindOf(entry);
    into(entry.path.slice(0, Math.max(end, 0))).push({ name: entry.path.slice(end + 1), kind });
    if (kind === 'folder') into(entry.path);
  }
  for (const held of folders.values()) held.sort((a, b) => (a.name < b.name ? -1 : 1));
  return folders;
}

/** A link is a blob by its type, and tells itself by its mode; a submodule is a commit. */
function kindOf({ type, mode }: Entry): FolderEntry['kind'] {
  if (type === 'tree') return 'folder';
  return type === 'blob' && mode !== '120000' ? 'file' : 'other';
}
