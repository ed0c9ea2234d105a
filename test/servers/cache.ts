import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Target } from './targets.ts';

/** Longer than the slowest build on a small machine: past it the lock's owner is stuck, not slow. */
const lockDeadlineMs = 60 * 60_000;
const lockPollMs = 500;

/** The folder of the cache, shared by every clone of this user. */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  // Shared by the user's clones, so a second clone builds nothing. An empty variable counts as unset.
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'chatelaine', 'servers');
}

/** The go.mod of a target, in this folder. */
export function goModOf(target: Target): string {
  return join(import.meta.dirname, target.name, 'go.mod');
}

/** Where a target's programs are kept once built: a folder whose name changes with whatever is built. */
export function cacheFolder(target: Target): string {
  const hash = createHash('sha256')
    .update(readFileSync(goModOf(target)))
    .update(JSON.stringify([target.module, target.ldflags, target.programs.map((p) => p.package)]))
    .update(JSON.stringify([target.files, process.platform, process.arch]))
    .update(target.tags ?? '')
    .digest('hex')
    .slice(0, 12);
  return join(cacheRoot(), `${target.name}-${target.version}-${hash}`);
}

/** Whether a target was built. The folder appears in one rename, so it is either whole or not there. */
export function isBuilt(target: Target): boolean {
  return existsSync(cacheFolder(target));
}

/**
 * Runs `work` while holding the lock file. Waits for another process that holds it; a lock whose owner is
 * gone is taken over. Throws when the other does not finish within an hour.
 */
export async function withLock(path: string, work: () => Promise<void>): Promise<void> {
  await mkdir(cacheRoot(), { recursive: true });
  const deadline = Date.now() + lockDeadlineMs;
  while (!(await tryLock(path))) {
    if (!ownerLives(await readOwner(path))) {
      // Two waiters may both take it over: both then build, and the loser's rename is dropped. No harm.
      await rm(path, { force: true });
    } else if (Date.now() > deadline) {
      throw new Error(`waiting for another build: its lock ${path} is an hour old; remove it if none runs`);
    } else {
      await wait(lockPollMs);
    }
  }
  try {
    await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function tryLock(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(String(process.pid));
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function readOwner(path: string): Promise<number | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  return Number.isInteger(pid) ? pid : undefined;
}

function ownerLives(pid: number | undefined): boolean {
  // Just created, its number not yet written: alive.
  if (pid === undefined) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
