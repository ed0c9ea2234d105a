import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openProcesses } from './processes.ts';
import { until } from './until.ts';

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** A program that starts a server, says its number and its folder, and then waits for ever. */
const owner = `
  import { openProcesses } from '${join(import.meta.dirname, 'processes.ts')}';
  const processes = await openProcesses();
  const log = processes.start({ name: 'shell', program: 'sh', args: ['-c', 'echo $$; exec sleep 600'] }).log;
  const { readFileSync } = await import('node:fs');
  while (readFileSync(log, 'utf8') === '') await new Promise((resolve) => setImmediate(resolve));
  console.log(readFileSync(log, 'utf8').trim() + ' ' + processes.folder);
  setInterval(() => {}, 1000);
`;

describe('the servers of a test run', () => {
  test.each(['SIGKILL', 'SIGINT'] as const)(
    'end, and their folder goes, when their owner gets %s',
    async (signal) => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', owner], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [line] = await once(child.stdout, 'data');
      const [pid = '', folder = ''] = String(line).trim().split(' ');
      expect(isAlive(Number(pid))).toBe(true);
      child.kill(signal);
      await until(async () => !isAlive(Number(pid)) && !existsSync(folder), {
        what: 'the guard to have acted',
      });
    },
  );

  test('end and leave no folder when they are stopped', async () => {
    const processes = await openProcesses();
    const server = processes.start({ name: 'sleep', program: 'sleep', args: ['600'] });
    server.check();
    await processes.stop();
    expect(() => server.check()).toThrow(/sleep ended \(SIGKILL\)/);
    expect(existsSync(processes.folder)).toBe(false);
    await processes.stop();
  });

  test('say the end of their log when they end by themselves', async () => {
    const processes = await openProcesses();
    const server = processes.start({
      name: 'short',
      program: 'sh',
      args: ['-c', 'echo port in use >&2; exit 3'],
    });
    const ended = until(async () => false, { what: 'nothing', check: server.check });
    await expect(ended).rejects.toThrow(/short ended \(3\); its log ends with:\nport in use/);
    await processes.stop();
  });

  test('say which program could not be started', async () => {
    const processes = await openProcesses();
    const server = processes.start({ name: 'none', program: '/nowhere/none', args: [] });
    const ended = until(async () => false, { what: 'nothing', check: server.check });
    await expect(ended).rejects.toThrow(/starting none \(\/nowhere\/none\): .*ENOENT/);
    await processes.stop();
  });
});
