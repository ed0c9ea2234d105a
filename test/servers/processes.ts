import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openGuard } from './guard.ts';

/** One running server. */
export interface Running {
  readonly name: string;
  /** Its standard output and standard error. */
  readonly log: string;
  /** Throws, with the end of its log, when it has ended by itself. */
  check(): void;
  /** Kills it, and answers when it is gone. */
  stop(): Promise<void>;
}

export interface Start {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
}

/**
 * The servers of one test run and their folder. None outlives this process, however it ends. All are killed outright,
 * because nothing that they hold is to be kept.
 */
export interface Processes {
  readonly folder: string;
  start(what: Start): Running;
  /** Kills all servers and removes the folder. Safe to repeat. */
  stop(): Promise<void>;
}

/** Makes the folder and starts the guard. */
export async function openProcesses(): Promise<Processes> {
  const folder = await mkdtemp(join(tmpdir(), 'chatelaine-real-'));
  const guard = openGuard(folder);
  const running = new Set<Running>();
  return {
    folder,
    start(what) {
      const child = spawnServer(what, folder);
      child.unref();
      guard.watch(child);
      const server = watch(what, child, join(folder, `${what.name}.log`));
      running.add(server);
      child.once('exit', () => running.delete(server));
      return server;
    },
    async stop() {
      await Promise.all([...running].map((server) => server.stop()));
      await guard.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function spawnServer({ name, program, args, env }: Start, folder: string): ChildProcess {
  // Appended to: a server that is started again goes on in its log.
  const log = openSync(join(folder, `${name}.log`), 'a');
  try {
    return spawn(program, args, {
      cwd: folder,
      detached: true,
      // Not our environment: a VAULT_ADDR or KUBECONFIG of the person's own must not reach a test server.
      env: { PATH: process.env['PATH'] ?? '', HOME: folder, ...env },
      stdio: ['ignore', log, log],
    });
  } finally {
    closeSync(log);
  }
}

function watch({ name, program }: Start, child: ChildProcess, log: string): Running {
  let failure: string | undefined;
  child.once('error', (error) => {
    failure = error.message;
  });
  return {
    name,
    log,
    check() {
      if (failure !== undefined) throw new Error(`starting ${name} (${program}): ${failure}`);
      if (child.exitCode === null && child.signalCode === null) return;
      throw new Error(
        `${name} ended (${child.exitCode ?? child.signalCode}); its log ends with:\n${tailOf(log)}`,
      );
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
      const gone = once(child, 'exit');
      child.ref();
      child.kill('SIGKILL');
      await gone;
    },
  };
}

function tailOf(log: string): string {
  // Gone with the folder, once all was stopped.
  if (!existsSync(log)) return '(the log is gone)';
  return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-12).join('\n');
}
