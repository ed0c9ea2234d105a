import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Playground {
  /** Of its page. */
  readonly url: string;
  close(): Promise<void>;
}

/** `node src/playground/main.ts`, as a person starts it. Rejects with what it said, if it ends before it is ready. */
export async function startPlayground(): Promise<Playground> {
  const child = spawn(process.execPath, ['src/playground/main.ts', '--port', '0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return {
    url: await addressOf(child),
    async close() {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const hear = (chunk: Buffer): void => {
      output += chunk.toString('utf8');
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0];
      if (found !== undefined) resolve(found);
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
    child.once('exit', () => reject(new Error(`the playground ended: ${output}`)));
  });
}
