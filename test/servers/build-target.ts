import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { cacheFolder, goModOf, isBuilt, withLock } from './cache.ts';
import { type GoRun, go } from './go.ts';
import type { Module, Target } from './targets.ts';

const Downloaded = z.object({ Dir: z.string(), Sum: z.string() });

/**
 * Builds one target into the cache. Safe to run twice at once and after a killed build: the work is done
 * in a folder of another name and appears in one rename.
 */
export async function buildTarget(target: Target): Promise<void> {
  const folder = cacheFolder(target);
  await withLock(`${folder}.lock`, async () => {
    // Whoever held the lock before us may have built it.
    if (isBuilt(target)) return;
    await removeLeftovers(folder);
    const draft = `${folder}.building-${process.pid}`;
    await build(target, draft);
    await rename(draft, folder);
  });
}

async function build(target: Target, draft: string): Promise<void> {
  const source = join(draft, 'source');
  await mkdir(source, { recursive: true });
  await mkdir(join(draft, 'bin'));
  const run: GoRun = { folder: source, log: `${cacheFolder(target)}.log`, cgo: target.cgo ?? false };
  await rm(run.log, { force: true });
  await copyWritable(goModOf(target), join(source, 'go.mod'));
  const module = await download(target.module, run);
  // Without upstream's sums the build stops at modules that the checksum database doesn't serve.
  await copyWritable(join(module, 'go.sum'), join(source, 'go.sum'));
  for (const program of target.programs) {
    const out = join(draft, 'bin', program.name);
    // -mod=mod fills in go.mod. Not `go mod tidy`: that also loads tests of dependencies, not all served.
    await go(['build', '-mod=mod', '-buildvcs=false', ...flagsOf(target), '-o', out, program.package], run);
  }
  for (const { from, to, of } of target.files) {
    const folder = of === undefined ? module : await download(of, run);
    await copyWritable(join(folder, from), join(draft, to));
  }
  await rm(source, { recursive: true });
}

function flagsOf({ ldflags, tags }: Target): readonly string[] {
  return ['-ldflags', ldflags, ...(tags === undefined ? [] : ['-tags', tags])];
}

async function download({ path, version, sum }: Module, run: GoRun): Promise<string> {
  const answer = await go(['mod', 'download', '-json', `${path}@${version}`], run);
  const { Dir, Sum } = Downloaded.parse(JSON.parse(answer));
  if (Sum !== sum) {
    throw new Error(`verifying ${path}@${version}: its sum is ${Sum}, expected ${sum}. Nothing was built.`);
  }
  return Dir;
}

/**
 * Copies a file or a folder. Those of Go's module cache are read-only, and a plain copy would be as well:
 * Go has to add to go.sum, and a cache that its owner can't remove is a nuisance.
 */
async function copyWritable(from: string, to: string): Promise<void> {
  if (!(await stat(from)).isDirectory()) return writeFile(to, await readFile(from));
  await mkdir(to);
  for (const name of await readdir(from)) await copyWritable(join(from, name), join(to, name));
}

/** What a killed build left behind. We hold the lock, so nobody works in it. */
async function removeLeftovers(folder: string): Promise<void> {
  const prefix = `${basename(folder)}.building-`;
  for (const name of await readdir(dirname(folder))) {
    if (name.startsWith(prefix)) await rm(join(dirname(folder), name), { recursive: true });
  }
}
