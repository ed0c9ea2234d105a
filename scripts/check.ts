import { spawn } from 'node:child_process';

/** The checks that every commit passes, run side by side; prints only what fails. Exits 1 if one does. */
const checks: Record<string, readonly string[]> = {
  types: ['tsc', '--noEmit'],
  lint: ['oxlint'],
  format: ['biome', 'ci', '.', '--colors=off'],
  'unused code': ['knip'],
};

interface Outcome {
  readonly name: string;
  readonly ok: boolean;
  readonly output: string;
  readonly seconds: number;
}

function run(name: string, [command = '', ...args]: readonly string[]): Promise<Outcome> {
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    const finish = (ok: boolean, extra = ''): void =>
      resolve({
        name,
        ok,
        output: Buffer.concat(chunks).toString() + extra,
        seconds: (performance.now() - started) / 1000,
      });
    child.on('error', (error) => finish(false, `could not start ${command}: ${error.message}`));
    child.on('close', (code) => finish(code === 0));
  });
}

const outcomes = await Promise.all(Object.entries(checks).map(([name, command]) => run(name, command)));
for (const { name, ok, output, seconds } of outcomes) {
  console.log(`${ok ? '✓' : '✗'} ${name} ${seconds.toFixed(1)} s`);
  if (!ok) console.log(output);
}
process.exitCode = outcomes.every((outcome) => outcome.ok) ? 0 : 1;
