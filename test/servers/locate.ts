import { execFile } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder, isBuilt } from './cache.ts';
import { type Program, type Target, targets } from './targets.ts';

const run = promisify(execFile);

/** Names a file that every program used is noted in, a line each: the summary of a test run is made of it. */
export const usedVariable = 'CHATELAINE_TEST_USED';

/** A program that was found, and where, for the line that says which one is used. */
export interface Found {
  readonly path: string;
  readonly by: 'environment' | 'cache' | 'path';
}

/**
 * Finds a program: the one that the environment names, else the one in the cache, else one on the PATH
 * of the same minor version. Answers undefined when it has to be built.
 * Throws when the environment names something that can't be run, rather than use another one silently.
 */
export async function find(target: Target, program: Program): Promise<Found | undefined> {
  const named = process.env[program.variable];
  if (named) {
    if (await isExecutable(named)) return { path: named, by: 'environment' };
    throw new Error(`${program.variable} names ${named}, which is not a program that can be run`);
  }
  if (isBuilt(target)) return { path: join(cacheFolder(target), 'bin', program.name), by: 'cache' };
  const installed = await findOnPath(program);
  return installed === undefined ? undefined : { path: installed, by: 'path' };
}

/** The path of a program by its name. Throws when it is neither built nor installed. */
export async function programPath(name: string): Promise<string> {
  const target = targets.find(({ programs }) => programs.some((each) => each.name === name));
  const program = target?.programs.find((each) => each.name === name);
  if (!target || !program) throw new Error(`no target builds a program called ${name}`);
  const found = await find(target, program);
  if (!found) {
    throw new Error(
      `${name} is not built yet: run \`npm run servers\` first, or name one in ${program.variable}`,
    );
  }
  const used = process.env[usedVariable];
  if (used) appendFileSync(used, `${name}\n`);
  return found.path;
}

/** The folder with a target's files, such as its CRDs: the one that the environment names, else the cache's. */
export function filesOf(name: string): string {
  const target = targets.find((each) => each.name === name);
  if (!target) throw new Error(`no target is called ${name}`);
  return (target.filesVariable && process.env[target.filesVariable]) || cacheFolder(target);
}

/**
 * Why a server can't be had here, or false. For `context.skip`: the reason stands in the summary. One that
 * merely isn't built yet is no reason to skip: starting it fails, and says what to do.
 */
export async function whyNot(name: string): Promise<string | false> {
  const target = targets.find((each) => each.name === name);
  if (!target) throw new Error(`no target is called ${name}`);
  const found = await Promise.all(target.programs.map((program) => find(target, program)));
  if (!target.cgo || found.every((each) => each !== undefined) || (await hasCompiler())) return false;
  return `${name} ${target.version} is not built: it has C in it, and there is no C compiler`;
}

/** Whether there is a C compiler, by the names that Go looks for. */
export async function hasCompiler(): Promise<boolean> {
  const names = process.env['CC'] ? [process.env['CC'].split(' ')[0] ?? ''] : ['gcc', 'clang', 'cc'];
  const found = await Promise.all(names.map((name) => isExecutable(name).then((is) => is || onPath(name))));
  return found.includes(true);
}

async function onPath(name: string): Promise<boolean> {
  const all = foldersOnPath().map((folder) => isExecutable(join(folder, name)));
  return (await Promise.all(all)).includes(true);
}

async function findOnPath(program: Program): Promise<string | undefined> {
  if (!program.says) return undefined;
  for (const folder of foldersOnPath()) {
    const path = join(folder, program.name);
    if ((await isExecutable(path)) && (await saysVersion(path, program.says))) return path;
  }
  return undefined;
}

function foldersOnPath(): readonly string[] {
  return (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
}

async function saysVersion(path: string, says: NonNullable<Program['says']>): Promise<boolean> {
  const { stdout } = await run(path, says.args, { timeout: 5000 }).catch(() => ({ stdout: '' }));
  return says.version.test(stdout);
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
