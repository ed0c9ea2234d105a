import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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
 * The servers of one test run and their folder. None outlives this process, however it ends: a guard of a
 * few lines of shell reads the process numbers from a pipe that only we hold, and the system closes that
 * pipe when we die. All are killed outright, because nothing that they hold is to be kept.
 */
export interface Processes {
  readonly folder: string;
  start(what: Start): Running;
  /** Kills all servers and removes the folder. Safe to repeat. */
  stop(): Promise<void>;
}

// A number with a minus in front is a server that ended: its number may soon belong to somebody else.
const guardScript = `
running=
while read -r line; do
  case $line in
    -*) kept=
        for pid in $running; do [ "$pid" = "\${line#-}" ] || kept="$kept $pid"; done
        running=$kept ;;
    *) running="$running $line" ;;
  esac
done
for pid in $running; do kill -9 "$pid"; done
rm -rf -- "$1"
`;

/** Makes the folder and starts the guard. */
export async function openProcesses(): Promise<Processes> {
  const folder = await mkdtemp(join(tmpdir(), 'chatelaine-real-'));
  // Detached: an interrupt typed at the terminal goes to our group, and the guard must outlive us.
  const guard = spawn('sh', ['-c', guardScript, 'guard', folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Nothing here keeps us alive: a test that forgets to stop its servers still ends, and the guard acts.
  guard.unref();
  const running = new Set<Running>();
  const tell = (line: string): void => {
    if (guard.stdin.writable) guard.stdin.write(`${line}\n`);
  };
  return {
    folder,
    start(what) {
      const child = spawnServer(what, folder);
      child.unref();
      const { pid } = child;
      if (pid !== undefined) tell(String(pid));
      const server = watch(what, child, join(folder, `${what.name}.log`));
      running.add(server);
      child.once('exit', () => {
        running.delete(server);
        if (pid !== undefined) tell(`-${pid}`);
      });
      return server;
    },
    async stop() {
      await Promise.all([...running].map((server) => server.stop()));
      if (guard.exitCode === null) {
        guard.ref();
        guard.stdin.end();
        await once(guard, 'exit');
      }
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
