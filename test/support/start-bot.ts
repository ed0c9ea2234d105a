import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type Guard, openGuard } from '../servers/guard.ts';

const root = join(import.meta.dirname, '..', '..');

/** A bot in a process of its own, as `npm start` runs it. */
export interface BotProcess {
  readonly child: ChildProcess;
  /** Everything that it wrote, log and errors, so far. */
  output(): string;
  /** Resolves when it is ready to answer; rejects with its output when it ends before. */
  readonly ready: Promise<void>;
  /** Ends it as a cluster would, and resolves when it has ended. */
  stop(): Promise<void>;
  /** Ends it without a chance to say anything. */
  kill(): Promise<void>;
}

export interface BotProcessOptions {
  readonly configuration: object;
  readonly env?: Readonly<Record<string, string>>;
  /** Another program than the sources: the bundle. */
  readonly program?: string;
}

interface Shelter {
  readonly folder: string;
  readonly guard: Guard;
}
let opened: Promise<Shelter> | undefined;

/** One for all bots of this process: none outlives it, whoever ends it. */
function shelter(): Promise<Shelter> {
  opened ??= mkdtemp(join(tmpdir(), 'chatelaine-test-')).then((folder) => ({
    folder,
    guard: openGuard(folder),
  }));
  return opened;
}

/** Starts the bot with a configuration in a temporary file. */
export async function startBotProcess({
  configuration,
  env = {},
  program,
}: BotProcessOptions): Promise<BotProcess> {
  const { folder, guard } = await shelter();
  const config = join(folder, `${randomUUID()}.yaml`);
  await writeFile(config, stringify(configuration));
  const child = spawn(process.execPath, [program ?? join(root, 'src', 'main.ts'), '--config', config], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', ...env },
  });
  guard.watch(child);
  let output = '';
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
  });
  const ready = new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      if (output.includes('"msg":"ready"')) resolve();
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('close', (code) =>
      reject(new Error(`the bot ended with ${code} before it was ready:\n${output}`)),
    );
  });
  ready.catch(() => undefined);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await ended;
  };
  return { child, output: () => output, ready, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') };
}
