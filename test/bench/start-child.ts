import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { readImage } from './read-image.ts';

/** A program that is measured, in a process of its own: what the stand-ins cost is not its cost. */
export interface Child {
  readonly process: ChildProcess;
  /** Resident memory now, in MB; undefined where the system has no /proc. */
  residentMb(): number | undefined;
  /** Ends it and resolves when it is gone. Safe to repeat. */
  stop(): Promise<void>;
}

export interface ChildOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Whether messages are exchanged with it. */
  readonly ipc?: boolean;
  /** Node as it comes, without the image's settings. */
  readonly plain?: boolean;
}

const image = readImage();

/** Starts a file with this Node, as the image would. What it writes to standard error is shown. */
export function startChild(argv: readonly string[], options: ChildOptions = {}): Child {
  const { flags, env } = options.plain === true ? { flags: [], env: {} } : image;
  const child = spawn(process.execPath, [...flags, ...argv], {
    stdio: ['ignore', 'ignore', 'inherit', ...(options.ipc === true ? (['ipc'] as const) : [])],
    env: { ...process.env, NODE_ENV: 'production', ...env, ...options.env },
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    process: child,
    residentMb: () => residentOf(child.pid),
    async stop() {
      child.kill('SIGTERM');
      await gone;
    },
  };
}

function residentOf(pid: number | undefined): number | undefined {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : (Number(kilobytes) * 1024) / 1e6;
  } catch {
    return undefined;
  }
}

/** Resolves with the next message of a child; throws when it ends instead. */
export function nextMessage(child: Child): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error('a measured program ended'));
    child.process.once('exit', ended);
    child.process.once('message', (message) => {
      child.process.off('exit', ended);
      resolve(message);
    });
  });
}

/** A port of loopback that is free now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** Resolves when the bot says on /readyz that it is ready, as a kubelet would find out. Throws after the deadline. */
export async function untilReady(port: number, child: Child, deadlineMs = 30_000): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!(await isReady(port))) {
    if (performance.now() > end || child.process.exitCode !== null) {
      throw new Error('the bot did not become ready');
    }
    await pause(4);
  }
}

async function isReady(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`);
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

/** Resolves after so many milliseconds. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
