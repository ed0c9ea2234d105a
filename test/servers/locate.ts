import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder, isBuilt } from './cache.ts';
import { type Program, type Target, targets } from './targets.ts';

const run = promisify(execFile);

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
  for (const target of targets) {
    const program = target.programs.find((each) => each.name === name);
    if (!program) continue;
    const found = await find(target, program);
    if (found) return found.path;
    throw new Error(
      `${name} is not built yet: run \`npm run servers\` first, or name one in ${program.variable}`,
    );
  }
  throw new Error(`no target builds a program called ${name}`);
}

/** The CRDs of External Secrets, kept in the cache beside its program. */
export function crdsPath(): string {
  const target = targets.find(({ name }) => name === 'external-secrets');
  if (!target) throw new Error('no target is called external-secrets');
  return process.env['CHATELAINE_TEST_EXTERNAL_SECRETS_CRDS'] || join(cacheFolder(target), 'crds.yaml');
}

async function findOnPath(program: Program): Promise<string | undefined> {
  if (!program.says) return undefined;
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, program.name);
    if (folder && (await isExecutable(path)) && (await saysVersion(path, program.says))) return path;
  }
  return undefined;
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
