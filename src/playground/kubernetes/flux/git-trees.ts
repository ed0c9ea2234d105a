/** What a branch of a repository holds. */
export interface GitTree {
  /** The commit's whole hash. */
  readonly commit: string;
  /** Text by path from the root, without `./`. */
  readonly files: ReadonlyMap<string, string>;
}

/**
 * Where Flux's source fetches from: a forge's stand-in over its bare repository, or a tree in memory. Undefined where
 * there is no such repository or branch; what it throws is told as the reason why nothing was fetched.
 */
export type ReadTree = (url: string, branch: string) => Promise<GitTree | undefined>;
