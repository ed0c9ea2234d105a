import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** What a person without Go should do. Thrown as the message of an error that the builder prints. */
const install = [
  'Building the real servers needs Go, and no `go` was found.',
  'Install Go 1.26 or newer (https://go.dev/doc/install; on Debian also the package golang-go where it is',
  'new enough) and run this again. `npm test` and `npm run playground` need none of it.',
].join('\n');

const compiler = 'go';

export interface GoRun {
  readonly folder: string;
  /** Everything that Go says goes here: downloads and compiler messages are many lines. */
  readonly log: string;
  /** Whether C may be compiled in. */
  readonly cgo: boolean;
}

/** Runs `go` and answers what it printed to standard output. Throws with the end of the log when it fails. */
export async function go(args: readonly string[], { folder, log, cgo }: GoRun): Promise<string> {
  const sink = createWriteStream(log, { flags: 'a' });
  try {
    const { code, output } = await new Promise<{ code: number | null; output: string }>((resolve, reject) => {
      const child = spawn(compiler, args, {
        cwd: folder,
        // The consumer module stands alone: a go.work above it, or C libraries at hand, must change nothing.
        env: { ...process.env, CGO_ENABLED: cgo ? '1' : '0', GOWORK: 'off' },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const chunks: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
      child.stderr.pipe(sink, { end: false });
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, output: Buffer.concat(chunks).toString() }));
    });
    if (code === 0) return output;
  } finally {
    await new Promise((resolve) => sink.end(resolve));
  }
  const said = (await readFile(log, 'utf8')).trimEnd().split('\n').slice(-15).join('\n');
  throw new Error(
    `running go ${args.slice(0, 2).join(' ')}: it failed. Its last lines (all of them in ${log}):\n${said}`,
  );
}

/** Throws, in words that say what to install, when there is no Go. */
export async function requireGo(): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const child = spawn(compiler, ['version'], { stdio: 'ignore' });
    child.on('error', () => reject(new Error(install)));
    child.on('close', () => resolve());
  });
}
