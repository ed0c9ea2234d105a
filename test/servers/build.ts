/**
 * `npm run servers`: builds the real servers that `npm run test:real` runs against, from their published
 * Go modules, into the user's cache folder. What is there already is left alone.
 */
import { buildTarget } from './build-target.ts';
import { isBuilt } from './cache.ts';
import { requireGo } from './go.ts';
import { type Found, find } from './locate.ts';
import { type Target, targets } from './targets.ts';

async function foundOf(target: Target): Promise<readonly (Found | undefined)[]> {
  return Promise.all(target.programs.map((program) => find(target, program)));
}

/** The programs that are not this project's own build, one line each: whoever reads a failure must know. */
function tellForeign(target: Target, found: readonly (Found | undefined)[]): void {
  for (const [index, program] of target.programs.entries()) {
    const each = found[index];
    if (each && each.by !== 'cache') {
      const from = each.by === 'path' ? 'the PATH' : program.variable;
      console.log(`${program.name}: using ${each.path}, from ${from}`);
    }
  }
}

async function build(target: Target): Promise<void> {
  const started = performance.now();
  const minutes = (): string => ((performance.now() - started) / 60_000).toFixed(1);
  console.log(
    `${target.name} ${target.version}: building, about ${target.minutes} min on two cores the first time`,
  );
  // A silent quarter of an hour looks like a hang, to people and to CI.
  const heartbeat = setInterval(
    () => console.log(`${target.name}: still building, ${minutes()} min`),
    120_000,
  );
  try {
    await buildTarget(target);
  } finally {
    clearInterval(heartbeat);
  }
  console.log(`${target.name} ${target.version}: built in ${minutes()} min`);
}

/** Whether the programs are all there. CRDs come with the module, so a target with files is also built. */
function isComplete(target: Target, found: readonly (Found | undefined)[]): boolean {
  const filesAtHand =
    target.files.length === 0 || isBuilt(target) || 'CHATELAINE_TEST_EXTERNAL_SECRETS_CRDS' in process.env;
  return filesAtHand && found.every((each) => each !== undefined);
}

async function main(): Promise<void> {
  const missing: Target[] = [];
  for (const target of targets) {
    const found = await foundOf(target);
    if (isComplete(target, found)) tellForeign(target, found);
    else missing.push(target);
  }
  if (missing.length > 0) await requireGo();
  for (const target of missing) await build(target);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
