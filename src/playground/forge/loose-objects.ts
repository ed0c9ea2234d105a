import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';

const squeeze = promisify(deflate);
let written = 0;

/** Writes an object as git keeps it, by the name that git would give it: no process is started for each file of a seed. */
export async function writeObject(folder: string, type: 'blob' | 'commit', text: string): Promise<string> {
  const content = Buffer.from(text, 'utf8');
  const whole = Buffer.concat([Buffer.from(`${type} ${content.length}\0`), content]);
  const sha = createHash('sha1').update(whole).digest('hex');
  if (await hasObject(folder, sha)) return sha;
  written += 1;
  const file = fileOf(folder, sha);
  const unfinished = `${file}.${process.pid}-${written}`;
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(unfinished, await squeeze(whole), { mode: 0o444 });
  await rename(unfinished, file);
  return sha;
}

/** Whether there is such an object. Nothing here is ever packed. */
export function hasObject(folder: string, sha: string): Promise<boolean> {
  return access(fileOf(folder, sha)).then(
    () => true,
    () => false,
  );
}

/** The commit that a branch is at; undefined where there is none. */
export async function readBranch(folder: string, branch: string): Promise<string | undefined> {
  const text = await readFile(join(folder, 'refs', 'heads', branch), 'utf8').catch(() => '');
  return /^[0-9a-f]{40}$/.exec(text.trim())?.[0];
}

function fileOf(folder: string, sha: string): string {
  return join(folder, 'objects', sha.slice(0, 2), sha.slice(2));
}
