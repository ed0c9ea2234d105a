import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Builds the bundle into a temporary folder, which is removed when this process ends. */
export function buildBundle(): string {
  const folder = mkdtempSync(join(tmpdir(), 'chatelaine-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  execFileSync(process.execPath, ['scripts/build.ts', folder], {
    cwd: join(import.meta.dirname, '../..'),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return join(folder, 'chatelaine.js');
}
