import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface GitRun {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface GitResult {
  readonly code: number;
  readonly out: Buffer;
}

const ofNobody = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0' };
/** What a hook that runs all this would hand on. */
const unset = ['GIT_DIR', 'GIT_INDEX_FILE', 'GIT_WORK_TREE'].flatMap((name) => ['-u', name]);

/** Runs git on a bare repository, with nobody's own configuration. By `env`, which finds it where the shell would. */
export async function runGit(folder: string, args: readonly string[], run: GitRun = {}): Promise<GitResult> {
  const variables = Object.entries({ ...ofNobody, ...run.env }).map(([name, text]) => `${name}=${text}`);
  const child = spawn('env', [...unset, ...variables, 'git', '--git-dir', folder, ...args], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const out: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  // One that ends early reads no further; its code says so.
  child.stdin.on('error', () => undefined);
  child.stdin.end(run.input ?? '');
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? 1, out: Buffer.concat(out) };
}
