import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

/** Programs that start something, say its number and its folder, and then wait for ever. */
const owners = {
  'a server': `
    import { openProcesses } from '${join(import.meta.dirname, 'processes.ts')}';
    const processes = await openProcesses();
    const log = processes.start({ name: 'shell', program: 'sh', args: ['-c', 'echo $$; exec sleep 600'] }).log;
    const { readFileSync } = await import('node:fs');
    while (readFileSync(log, 'utf8') === '') await new Promise((resolve) => setImmediate(resolve));
    console.log(readFileSync(log, 'utf8').trim() + ' ' + processes.folder);
    setInterval(() => {}, 1000);
  `,
  'a bot': `
    import { writeFileSync } from 'node:fs';
    import { dirname, join } from 'node:path';
    import { startBotProcess } from '${join(import.meta.dirname, '..', 'support', 'start-bot.ts')}';
    // In its place a program that does not end by itself; the configuration is the last argument of any.
    const program = join(process.env.SCRATCH, 'waits.mjs');
    writeFileSync(program, 'setInterval(() => {}, 1000)');
    const { child } = await startBotProcess({ configuration: {}, program });
    console.log(child.pid + ' ' + dirname(child.spawnargs.at(-1)));
    setInterval(() => {}, 1000);
  `,
};

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'chatelaine-test-'));
});
afterAll(() => rm(scratch, { recursive: true }));

describe('the servers of a test run', () => {
  test.each([
    ['a server', 'SIGKILL'],
    ['a server', 'SIGINT'],
    ['a bot', 'SIGKILL'],
    ['a bot', 'SIGINT'],
  ] as const)('end, and their folder goes, when the owner of %s gets %s', async (started, signal) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', owners[started]], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, SCRATCH: scratch },
    });
    const [line] = await once(child.stdout, 'data');
    const [pid = '', folder = ''] = String(line).trim().split(' ');
    expect(isAlive(Number(pid))).toBe(true);
    child.kill(signal);
    await until(async () => !isAlive(Number(pid)) && !existsSync(folder), {
      what: 'the guard to have acted',
    });
  });

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
