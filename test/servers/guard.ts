import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** Ends processes and removes a folder when this process has ended, however it did: killed as well. */
export interface Guard {
  /** Watches a process until it has ended. */
  watch(child: ChildProcess): void;
  /** Ends what is still watched, removes the folder, and resolves when that is done. Safe to repeat. */
  close(): Promise<void>;
}

// A number with a minus in front is a process that ended: its number may soon belong to somebody else.
const script = `
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

/**
 * Starts one: a few lines of shell that read process numbers from a pipe which only we hold, and which the system closes
 * when we die.
 */
export function openGuard(folder: string): Guard {
  // Detached: an interrupt typed at the terminal goes to our group, and the guard must outlive us.
  const guard = spawn('sh', ['-c', script, 'guard', folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Nothing here keeps us alive: a test that forgets to stop what it started still ends, and the guard acts.
  guard.unref();
  const tell = (line: string): void => {
    if (guard.stdin.writable) guard.stdin.write(`${line}\n`);
  };
  return {
    watch(child) {
      const { pid } = child;
      if (pid === undefined) return;
      tell(String(pid));
      child.once('exit', () => tell(`-${pid}`));
    },
    async close() {
      if (guard.exitCode !== null) return;
      guard.ref();
      guard.stdin.end();
      await once(guard, 'exit');
    },
  };
}
