import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hasObject, readBranch, writeObject } from './loose-objects.ts';
import { type GitRun, runGit } from './run-git.ts';

/** A file of a tree, or with `text: null` one that goes. */
export interface TreeChange {
  readonly path: string;
  readonly text: string | null;
}

export interface NewCommit {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
  readonly author: string;
}

export interface TreeEntry {
  readonly name: string;
  readonly type: 'file' | 'dir';
  readonly sha: string;
}

export interface PathEntry extends Omit<TreeEntry, 'name'> {
  readonly path: string;
  readonly mode: string;
}

export interface CommitObject {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
}

let indexes = 0;

/** A real bare repository on disk, by git's own plumbing: no work tree, no hooks. */
export class BareRepository {
  readonly folder: string;
  readonly #now: () => number;
  readonly #known = new Map<string, Promise<unknown>>();
  readonly #files = new Map<string, Promise<ReadonlyMap<string, string>>>();

  constructor(folder: string, now: () => number) {
    this.folder = folder;
    this.#now = now;
  }

  /** Makes it, the branch `main` its HEAD. */
  async init(): Promise<void> {
    await this.#need(['init', '--quiet', '--bare', '--initial-branch=main', this.folder]);
  }

  /** The commit that a branch or an id names; undefined where there is none. */
  async resolve(revision: string): Promise<string | undefined> {
    if (!/^[0-9a-f]{40}$/.test(revision)) {
      return readBranch(this.folder, revision.replace(/^refs\/heads\//, ''));
    }
    return (await hasObject(this.folder, revision)) ? revision : undefined;
  }

  async commit(sha: string): Promise<CommitObject | undefined> {
    const found = await this.resolve(sha);
    if (found === undefined) return undefined;
    const text = await this.#once(['log', '-1', '--format=%T%n%P%n%B', found], (out) => out.toString('utf8'));
    const [tree = '', parents = '', ...message] = text.split('\n');
    return {
      sha: found,
      tree,
      parents: parents.split(' ').filter((each) => each !== ''),
      message: message.join('\n').trimEnd(),
    };
  }

  /** A file's text; undefined where there is none, or a folder. */
  async read(revision: string, path: string): Promise<string | undefined> {
    return (await this.files(revision)).get(path);
  }

  /** What a folder holds; undefined where there is none. */
  async list(revision: string, path: string): Promise<readonly TreeEntry[] | undefined> {
    const below = path === '' ? '' : `${path}/`;
    const entries = (await this.entries(revision))
      .filter((entry) => entry.path.startsWith(below) && !entry.path.slice(below.length).includes('/'))
      .map(({ path: whole, type, sha }) => ({ name: whole.slice(below.length), type, sha }));
    return entries.length === 0 ? undefined : entries;
  }

  /** Every file of a commit, by its path. */
  files(revision: string): Promise<ReadonlyMap<string, string>> {
    const known = this.#files.get(revision) ?? this.#readFiles(revision);
    this.#files.set(revision, known);
    return known;
  }

  async #readFiles(revision: string): Promise<ReadonlyMap<string, string>> {
    const blobs = (await this.entries(revision)).filter(({ type }) => type === 'file');
    const input = blobs.map(({ sha }) => `${sha}\n`).join('');
    const batch = await runGit(this.folder, ['cat-file', '--batch'], { input });
    const texts = splitBatch(batch.out);
    return new Map(blobs.map(({ path }, index) => [path, texts[index] ?? '']));
  }

  /** Every file and folder of a commit: one run of git for all that is asked of it. */
  entries(revision: string): Promise<readonly PathEntry[]> {
    return this.#once(['ls-tree', '-r', '-t', '-z', revision], (out) => records(out).map(entryOf));
  }

  /** A tree with changes on another one; undefined where a file is to go that isn't there, or a path is none. */
  async makeTree(base: string | undefined, changes: readonly TreeChange[]): Promise<string | undefined> {
    indexes += 1;
    const file = join(this.folder, `index-${process.pid}-${indexes}`);
    const env = { GIT_INDEX_FILE: file };
    try {
      if (base !== undefined) await this.#need(['read-tree', base], { env });
      const lines = await Promise.all(changes.map((change) => this.#indexLine(base, change)));
      if (lines.includes(undefined)) return undefined;
      const input = lines.map((line) => `${line}\0`).join('');
      const { code } = await runGit(this.folder, ['update-index', '-z', '--index-info'], { env, input });
      return code === 0 ? await this.#line(['write-tree'], { env }) : undefined;
    } finally {
      await rm(file, { force: true });
    }
  }

  /** Undefined where a file is to go that isn't there. */
  async #indexLine(base: string | undefined, { path, text }: TreeChange): Promise<string | undefined> {
    if (text !== null) return `100644 ${await writeObject(this.folder, 'blob', text)}\t${path}`;
    const there = base !== undefined && (await this.read(base, path)) !== undefined;
    return there ? `0 ${'0'.repeat(40)}\t${path}` : undefined;
  }

  async makeCommit({ tree, parents, message, author }: NewCommit): Promise<string | undefined> {
    if (!(await hasObject(this.folder, tree))) return undefined;
    const email = `${author.replace(/[^\w-]/g, '')}@example.org`;
    const who = `${author} <${email}> ${Math.floor(this.#now() / 1000)} +0000`;
    const lines = [
      `tree ${tree}`,
      ...parents.map((each) => `parent ${each}`),
      `author ${who}`,
      `committer ${who}`,
    ];
    return writeObject(this.folder, 'commit', `${lines.join('\n')}\n\n${message}`);
  }

  /** Moves a branch if it is at `old` still (undefined: if there is none); to undefined deletes it. */
  async moveBranch(branch: string, to: string | undefined, old: string | undefined): Promise<boolean> {
    const ref = `refs/heads/${branch}`;
    const before = old ?? '0'.repeat(40);
    const args = to === undefined ? ['-d', ref, before] : [ref, to, before];
    return (await runGit(this.folder, ['update-ref', ...args])).code === 0;
  }

  isAncestor(ancestor: string, of: string): Promise<boolean> {
    return this.#once(['merge-base', '--is-ancestor', ancestor, of], (_out, code) => code === 0);
  }

  /** What `head` changes since it left `base`, as `git diff` writes it. */
  diff(base: string, head: string): Promise<string> {
    return this.#once(['diff', '--no-color', '--no-renames', `${base}...${head}`], (out) =>
      out.toString('utf8'),
    );
  }

  /** The tree of a merge of the two; undefined where they conflict. */
  mergeTree(ours: string, theirs: string): Promise<string | undefined> {
    return this.#once(['merge-tree', '--write-tree', '--no-messages', ours, theirs], (out, code) =>
      code === 0 ? out.toString('utf8').trim() : undefined,
    );
  }

  /** Commits of `head` that `base` lacks, oldest first. */
  between(base: string, head: string): Promise<readonly string[]> {
    return this.#once(['rev-list', '--reverse', `${base}..${head}`], (out) =>
      out
        .toString('utf8')
        .split('\n')
        .filter((each) => each !== ''),
    );
  }

  /** What is asked of commits never changes: git is asked once, which is what keeps a page and a test quick. */
  #once<Result>(args: readonly string[], read: (out: Buffer, code: number) => Result): Promise<Result> {
    const key = args.join('\0');
    const known = this.#known.get(key) as Promise<Result> | undefined;
    const asked = known ?? runGit(this.folder, args).then(({ out, code }) => read(out, code));
    this.#known.set(key, asked);
    return asked;
  }

  async #line(args: readonly string[], run: GitRun = {}): Promise<string | undefined> {
    const { code, out } = await runGit(this.folder, args, run);
    const text = out.toString('utf8').trim();
    return code === 0 && text !== '' ? text : undefined;
  }

  async #need(args: readonly string[], run: GitRun = {}): Promise<string> {
    const { code, out } = await runGit(this.folder, args, run);
    if (code === 0) return out.toString('utf8');
    throw new Error(`git ${args[0] ?? ''} ended with ${code}`);
  }
}

/** What `git cat-file --batch` says: a line with the size, so many bytes, a line break; and so on. */
function splitBatch(out: Buffer): readonly string[] {
  const texts: string[] = [];
  let at = 0;
  while (at < out.length) {
    const end = out.indexOf(10, at);
    const size = Number(out.subarray(at, end).toString('utf8').split(' ')[2]);
    texts.push(out.subarray(end + 1, end + 1 + size).toString('utf8'));
    at = end + size + 2;
  }
  return texts;
}

function entryOf(line: string): PathEntry {
  const [info = '', path = ''] = line.split('\t');
  const [mode = '', type = '', sha = ''] = info.split(' ');
  return { path, mode, type: type === 'tree' ? 'dir' : 'file', sha };
}

function records(out: Buffer): readonly string[] {
  return out
    .toString('utf8')
    .split('\0')
    .filter((each) => each !== '');
}
