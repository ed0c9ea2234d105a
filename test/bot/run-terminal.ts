import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { startWorld, type World, type WorldOptions } from '../../src/playground/start-world.ts';

const program = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A world, and the program run in a shell beside it. */
export interface Shell {
  readonly world: World;
  /** All that was ever printed. */
  readonly printed: readonly string[];
  /** Runs it with these words. `over` replaces parts of the configuration; `interruptAfter` is in milliseconds. */
  run(words: readonly string[], options?: RunOptions): Promise<Ran>;
  close(): Promise<void>;
}

export interface RunOptions {
  readonly over?: object;
  /** The configuration file's own text. */
  readonly config?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Ends it as Ctrl-C does as soon as it printed this to its log. */
  readonly interruptAt?: string;
}

/** Starts the world; each run is a process of its own, without a terminal. */
export async function openShell(options: WorldOptions): Promise<Shell> {
  const world = await startWorld(options);
  const folder = await mkdtemp(join(tmpdir(), 'chatelaine-shell-'));
  const printed: string[] = [];
  let runs = 0;
  return {
    world,
    printed,
    async run(words, { over = {}, config, env = {}, interruptAt } = {}) {
      runs += 1;
      const file = join(folder, `${runs}.yaml`);
      await writeFile(file, config ?? stringify({ ...world.configuration, ...over }));
      const ran = await runProgram(['--config', file, ...words], { ...world.env, ...env }, interruptAt);
      printed.push(ran.out, ran.err);
      return ran;
    },
    async close() {
      await world.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function runProgram(
  words: readonly string[],
  env: Readonly<Record<string, string>>,
  interruptAt: string | undefined,
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] ?? '', HOME: tmpdir(), ...env },
    });
    let out = '';
    let err = '';
    let interrupted = false;
    const look = (): void => {
      if (interrupted || interruptAt === undefined || !(out + err).includes(interruptAt)) return;
      interrupted = true;
      child.kill('SIGINT');
    };
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      look();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
      look();
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out, err }));
  });
}
