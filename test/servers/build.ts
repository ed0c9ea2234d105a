/**
 * `npm run servers`: builds the real servers that `npm run test:real` runs against, from their published
 * Go modules, into the user's cache folder. What is there already is left alone.
 * `npm run servers -- openbao gitea` builds only these.
 */
import { buildTarget } from './build-target.ts';
import { isBuilt } from './cache.ts';
import { requireGo } from './go.ts';
import { type Found, find, whyNot } from './locate.ts';
import { type Target, targets } from './targets.ts';

/** One build leaves a core idle while it links; three want more memory than a small machine has. */
const atOnce = 2;

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
  console.log(`${target.name} ${target.version}: building`);
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

/** Whether the programs are all there. Files come with the module, so a target with files is also built. */
function isComplete(target: Target, found: readonly (Found | undefined)[]): boolean {
  const { files, filesVariable = '' } = target;
  const filesAtHand = files.length === 0 || isBuilt(target) || Boolean(process.env[filesVariable]);
  return filesAtHand && found.every((each) => each !== undefined);
}

function chosen(names: readonly string[]): readonly Target[] {
  const unknown = names.find((name) => !targets.some((target) => target.name === name));
  if (unknown !== undefined) {
    throw new Error(
      `no server is called ${unknown}; there are ${targets.map(({ name }) => name).join(', ')}`,
    );
  }
  return names.length === 0 ? targets : targets.filter(({ name }) => names.includes(name));
}

/** What has to be built and can be, in the order of the list. */
async function findMissing(wanted: readonly Target[]): Promise<readonly Target[]> {
  const missing: Target[] = [];
  for (const target of wanted) {
    const found = await foundOf(target);
    if (isComplete(target, found)) {
      tellForeign(target, found);
      continue;
    }
    const reason = await whyNot(target.name);
    if (reason === false) missing.push(target);
    else console.log(`${reason}; its tests will be skipped`);
  }
  return missing;
}

/** Builds all, a few at once. One that fails doesn't keep the others from being finished. */
async function buildAll(missing: readonly Target[]): Promise<void> {
  await requireGo();
  const minutes = missing.reduce((sum, target) => sum + target.minutes, 0);
  const list = missing.map(({ name, version }) => `${name} ${version}`).join(', ');
  console.log(`To be built, once: ${list}. About ${minutes} min on two cores, ${atOnce} at a time.`);
  const queue = [...missing];
  const faults: unknown[] = [];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      await build(next).catch((error: unknown) => faults.push(error));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  if (faults.length > 0) {
    throw new Error(
      faults.map((fault) => (fault instanceof Error ? fault.message : String(fault))).join('\n\n'),
    );
  }
}

try {
  const missing = await findMissing(chosen(process.argv.slice(2)));
  if (missing.length > 0) await buildAll(missing);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
