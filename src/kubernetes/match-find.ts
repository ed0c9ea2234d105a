import { LRUCache } from 'lru-cache';
import { RE2JS } from 're2js';

/** A `dataFrom.find` that searches the bot's mount. */
export interface Find {
  /** Where it searches, below the mount; `''` for all of it. */
  readonly folder: string;
  /** What External Secrets puts before each name it finds there: the folder as written and a slash, or nothing. */
  readonly prefix: string;
  /** An RE2 over the whole relative name. Absent for a search by tags or for everything. */
  readonly regexp?: string;
}

/*
 * RE2, as External Secrets uses: the same syntax, and linear in time. Threat: a pattern of JavaScript's own
 * engine could be made to hang the bot by anybody who may write an ExternalSecret.
 */
const compiled = new LRUCache<string, RE2JS | 'invalid'>({ max: 500 });

/**
 * Whether a `find` may read a path. Tags live in Vault's metadata and change, so a search by tags counts as
 * one that may read everything in its folder. A pattern that does not compile reads nothing: External Secrets fails on it.
 */
export function mayFind(find: Find, path: string): boolean {
  const root = find.folder === '' ? '' : `${find.folder}/`;
  if (!path.startsWith(root)) return false;
  if (find.regexp === undefined) return true;
  const pattern = compile(find.regexp);
  return pattern !== 'invalid' && pattern.matcher(find.prefix + path.slice(root.length)).find();
}

function compile(source: string): RE2JS | 'invalid' {
  const known = compiled.get(source);
  if (known !== undefined) return known;
  const made = tryCompile(source);
  compiled.set(source, made);
  return made;
}

function tryCompile(source: string): RE2JS | 'invalid' {
  try {
    return source.length > 1000 ? 'invalid' : RE2JS.compile(source);
  } catch {
    return 'invalid';
  }
}
