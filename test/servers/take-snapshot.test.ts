import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { snapshotScript } from './snapshot-script.ts';

/*
 * The script of manifests/vault-snapshots with a stand-in for `bao`, for what a real one can't be brought to do. On a real
 * Raft server it runs in test/real/snapshots.test.ts.
 */

const run = promisify(execFile);
let folder: string;
let snapshots: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chatelaine-snapshots-'));
  snapshots = join(folder, 'snapshots');
  await mkdir(snapshots);
  await writeFile(join(folder, 'take-snapshot.sh'), await snapshotScript());
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
});

/** A `bao` that logs in and saves what `make` puts into `$file`. */
async function standIn(make: string): Promise<void> {
  const program = `#!/bin/sh
set -eu
echo "$*" >> ${folder}/calls
env | grep -c '^BAO_TOKEN=' >> ${folder}/tokens || true
case $1 in write) echo a-token; exit 0 ;; esac
for file; do :; done
cd ${folder}
echo '{}' > meta.json
echo state > state.bin
sha256sum meta.json state.bin > SHA256SUMS
${make}
`;
  await writeFile(join(folder, 'bao'), program);
  await chmod(join(folder, 'bao'), 0o755);
}

const whole = 'tar -czf "$file" meta.json state.bin SHA256SUMS';

async function take(env: Readonly<Record<string, string>> = {}) {
  return run('sh', [join(folder, 'take-snapshot.sh')], {
    env: {
      PATH: process.env['PATH'] ?? '',
      BAO: join(folder, 'bao'),
      ADDRESS: 'http://127.0.0.1:1',
      FOLDER: snapshots,
      JWT_FILE: join(folder, 'jwt'),
      KEEP_COUNT: '2',
      KEEP_DAYS: '14',
      HOSTNAME: 'pod-1',
      ...env,
    },
  });
}

async function put(name: string, days: number): Promise<void> {
  await writeFile(join(snapshots, name), 'old');
  const at = new Date(Date.now() - days * 86_400_000);
  await utimes(join(snapshots, name), at, at);
}

const present = async (): Promise<readonly string[]> => (await readdir(snapshots)).toSorted();

test('leaves one file with its final name, which nobody else may read', async () => {
  await standIn(whole);
  const { stdout } = await take();
  const [name = '', ...others] = await present();
  expect(others).toEqual([]);
  expect(name).toMatch(/^vault-\d{8}T\d{6}Z-pod-1-\d+\.snap$/);
  expect(stdout).toContain(`took ${name}`);
  expect((await stat(join(snapshots, name))).mode & 0o777).toBe(0o600);
});

test('gives tokens to no argument list', async () => {
  await standIn(whole);
  await take();
  const calls = await readFile(join(folder, 'calls'), 'utf8');
  expect(calls).toContain(`jwt=@${folder}/jwt`);
  expect(calls).not.toContain('a-token');
  expect((await readFile(join(folder, 'tokens'), 'utf8')).trim().split('\n')).toEqual(['0', '1']);
});

test('lets go of what is beyond both the count and the age', async () => {
  await standIn(whole);
  await put('vault-20260101T000000Z-a-1.snap', 40);
  await put('vault-20260102T000000Z-a-1.snap', 39);
  await put('vault-20261101T000000Z-a-1.snap', 3);
  await put('vault-20261102T000000Z-a-1.snap', 2);
  await put('notes.txt', 40);
  await take();
  const left = await present();
  expect(left).toHaveLength(4);
  expect(left).toEqual(expect.arrayContaining(['notes.txt', 'vault-20261101T000000Z-a-1.snap']));
});

test('keeps the newest few, however old they are', async () => {
  await standIn(whole);
  await put('vault-20260101T000000Z-a-1.snap', 40);
  await take();
  expect(await present()).toHaveLength(2);
});

test.each([
  ['a part that was changed', 'echo other > state.bin; tar -czf "$file" meta.json state.bin SHA256SUMS'],
  ['a part that is not there', 'tar -czf "$file" meta.json SHA256SUMS'],
  ['no sums', 'tar -czf "$file" meta.json state.bin'],
  ['a file that was cut', 'tar -czf - meta.json state.bin SHA256SUMS | head -c 60 > "$file"'],
  ['an error', 'exit 2'],
])('with %s it fails, names nothing a snapshot, and lets nothing go', async (_what, make) => {
  await standIn(make);
  await put('vault-20260101T000000Z-a-1.snap', 40);
  await put('vault-20260102T000000Z-a-1.snap', 40);
  await put('vault-20260103T000000Z-a-1.snap', 40);
  await expect(take()).rejects.toMatchObject({ code: expect.any(Number) as number });
  expect((await present()).filter((each) => each.endsWith('.snap'))).toHaveLength(3);
});

test('a volume that is full is told, and nothing goes to make room', async () => {
  await standIn(whole);
  await put('vault-20260101T000000Z-a-1.snap', 40);
  await writeFile(join(folder, 'df'), '#!/bin/sh\necho head\necho "disk 100 99 1 99% /"\n');
  await chmod(join(folder, 'df'), 0o755);
  const path = { PATH: `${folder}:${process.env['PATH'] ?? ''}` };
  await expect(take(path)).rejects.toMatchObject({
    stderr: expect.stringContaining('the volume has 1 KiB left') as string,
  });
  expect(await present()).toEqual(['vault-20260101T000000Z-a-1.snap']);
});

test('removes what a killed run left, but not what another is writing', async () => {
  await standIn(whole);
  await put('vault-20260101T000000Z-a-1.snap.partial', 3);
  await put('vault-20261125T000000Z-b-2.snap.partial', 0);
  await take();
  const left = await present();
  expect(left.filter((each) => each.endsWith('.partial'))).toEqual([
    'vault-20261125T000000Z-b-2.snap.partial',
  ]);
});
