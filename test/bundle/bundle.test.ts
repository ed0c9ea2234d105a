import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { version } from '../../src/version.ts';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'chatelaine-bundle-'));
const built = join(folder, 'built');
const alone = join(folder, 'alone');

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs Node somewhere, with nothing of this project in its environment. */
function run(argv: readonly string[], cwd: string): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...argv], {
      cwd,
      env: { PATH: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = { out: '', err: '' };
    child.stdout.on('data', (chunk: Buffer) => {
      said.out += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      said.err += chunk.toString();
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...said }));
  });
}

beforeAll(async () => {
  const { code, err } = await run([join(root, 'scripts/build.ts'), built], root);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  // Elsewhere, so that no node_modules above it can help.
  mkdirSync(alone);
  for (const name of readdirSync(built)) copyFileSync(join(built, name), join(alone, name));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the bundle', () => {
  test('is two files, and runs without node_modules', async () => {
    expect(readdirSync(alone).toSorted()).toEqual(['chatelaine.js', 'package.json']);
    const { code, out, err } = await run(['chatelaine.js', '--version'], alone);
    expect({ code, out, err }).toEqual({ code: 0, out: `chatelaine ${version}\n`, err: '' });
  });

  test.each([[[]], [['secret', 'list']]])(
    'says what is missing without a configuration: %j',
    async (words) => {
      const { code, out, err } = await run(['chatelaine.js', ...words], alone);
      expect(code).toBe(1);
      expect(out).toBe('');
      expect(err).toContain('chatelaine: reading the configuration chatelaine.yaml');
      expect(err).toContain('--config FILE');
      expect(err).not.toMatch(/\n\s+at |node:internal|chatelaine\.js:\d/);
    },
  );

  test('has nothing of the machine that built it, of the stand-ins or of the tests in it', () => {
    const text = readFileSync(join(alone, 'chatelaine.js'), 'utf8');
    expect(text).not.toContain(`${root}/`);
    expect(text).not.toContain(tmpdir() === '/tmp' ? '/tmp/chatelaine' : tmpdir());
    expect(text).not.toMatch(/playground|U0ROBIN|vitest|fast-check|sourceMappingURL/);
  });

  test('is ASCII, so that it is kept at one byte a character', () => {
    expect(readFileSync(join(alone, 'chatelaine.js')).every((byte) => byte < 0x80)).toBe(true);
  });
});
