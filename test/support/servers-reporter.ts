import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Reporter, TestModule, Vitest } from 'vitest/node';
import { isBuilt } from '../servers/cache.ts';
import { usedVariable } from '../servers/locate.ts';
import { type Program, type Target, targets } from '../servers/targets.ts';

/**
 * Says, after the tests on the real servers, which servers they ran on and how many cases were played on a
 * stand-in and on a real one. Silent in every other run.
 */
export default class ServersReporter implements Reporter {
  #folder: string | undefined;

  onInit(vitest: Vitest): void {
    if (!vitest.projects.some(({ name }) => name === 'real')) return;
    // Workers inherit it, and each program that one of them starts is noted in the file.
    this.#folder = mkdtempSync(join(tmpdir(), 'chatelaine-used-'));
    process.env[usedVariable] = join(this.#folder, 'used');
  }

  // Nothing in it waits: reporters run side by side, and the plain one's line has to be the last.
  onTestRunEnd(modules: readonly TestModule[]): void {
    const used = this.#readUsed();
    const real = modules.filter((module) => module.project.name === 'real');
    if (real.length === 0) return;
    console.log('\nReal servers used:');
    for (const target of targets) {
      for (const program of target.programs.filter(({ name }) => used.has(name))) {
        console.log(`  ${describeProgram(target, program)}`);
      }
    }
    if (used.size === 0) console.log('  none');
    const onStandIn = real.filter(isStandIn);
    const onReal = real.filter((module) => !isStandIn(module));
    console.log(`Cases run: ${countRun(onStandIn)} on stand-ins, ${countRun(onReal)} on real servers.`);
  }

  #readUsed(): ReadonlySet<string> {
    const folder = this.#folder;
    if (folder === undefined) return new Set();
    try {
      return new Set(readFileSync(join(folder, 'used'), 'utf8').trim().split('\n'));
    } catch {
      return new Set();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** "etcd 3.6.4, built into the cache". Looked for in the order in which they are found to be started. */
function describeProgram(target: Target, program: Program): string {
  const { name, variable, version = target.version } = program;
  const named = process.env[variable];
  if (named) return `${name} ${askVersion(named, program)}, named by ${variable}`;
  if (isBuilt(target)) return `${name} ${version}, built into the cache`;
  return `${name} ${askVersion(name, program)}, from the PATH`;
}

function askVersion(path: string, { says }: Program): string {
  const unknown = 'of an unknown version';
  if (says === undefined) return unknown;
  try {
    const said = execFileSync(path, says.args, { timeout: 5000, encoding: 'utf8', stdio: 'pipe' });
    return /\d+\.\d+\.\d+/.exec(said)?.[0] ?? unknown;
  } catch {
    return unknown;
  }
}

/** The contract's cases are played on the stand-ins from a folder of their own. */
function isStandIn(module: TestModule): boolean {
  return module.moduleId.includes('/test/contract/');
}

function countRun(modules: readonly TestModule[]): number {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  return tests.filter((each) => ['passed', 'failed'].includes(each.result().state)).length;
}
