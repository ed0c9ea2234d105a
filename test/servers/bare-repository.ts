import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** What a commit changes: a file's text, or null where it goes. */
export type Changes = Readonly<Record<string, string | null>>;

export interface BareRepository {
  readonly folder: string;
  /** Commits onto a branch, which it makes where there is none; answers the commit's SHA. */
  commit(branch: string, message: string, changes: Changes): Promise<string>;
  /** The commit that a branch, tag or SHA names. */
  resolve(revision: string): Promise<string>;
  read(revision: string, path: string): Promise<string>;
}

/** Makes a bare repository, the branch `main` its HEAD. */
export async function makeBareRepository(folder: string): Promise<BareRepository> {
  await git(['init', '--quiet', '--bare', '--initial-branch=main', folder]);
  return openBareRepository(folder);
}

/** One that is there already, such as a forge's own. */
export function openBareRepository(folder: string): BareRepository {
  const here = (...args: readonly string[]): readonly string[] => ['--git-dir', folder, ...args];
  const resolve = async (revision: string): Promise<string> =>
    (await git(here('rev-parse', '--verify', '--quiet', `${revision}^{commit}`))).trim();
  return {
    folder,
    async commit(branch, message, changes) {
      const ref = `refs/heads/${branch}`;
      const parent = await resolve(ref).catch(() => undefined);
      await git(
        here('fast-import', '--quiet', '--date-format=now'),
        stream({ ref, message, parent, changes }),
      );
      return resolve(ref);
    },
    resolve,
    read: (revision, path) => git(here('show', `${revision}:${path}`)),
  };
}

interface Commit {
  readonly ref: string;
  readonly message: string;
  readonly parent: string | undefined;
  readonly changes: Changes;
}

/** The commit as `git fast-import` reads it: one process, and no work tree. */
function stream({ ref, message, parent, changes }: Commit): string {
  const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;
  const files = Object.entries(changes).map(([path, text]) =>
    text === null ? `D ${path}\n` : `M 100644 inline ${path}\n${data(text)}`,
  );
  const from = parent === undefined ? '' : `from ${parent}\n`;
  return `commit ${ref}\ncommitter Test <test@example.org> now\n${data(message)}${from}${files.join('')}\n`;
}

/** Runs git with nobody's own configuration. Throws with what it said. */
export async function git(
  args: readonly string[],
  input = '',
  env: Record<string, string> = {},
): Promise<string> {
  const child = spawn('git', args, {
    env: {
      PATH: process.env['PATH'] ?? '',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      ...env,
    },
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  // One that ends early reads no further; what it says on the way out is what counts.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  if (code === 0) return Buffer.concat(out).toString();
  throw new Error(`running git: ${Buffer.concat(err).toString().trim()}`);
}
