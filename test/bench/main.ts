import { buildBundle } from './build-bundle.ts';
import { describeLoad, describeMachine } from './describe-machine.ts';
import { measureAcknowledgement } from './measure-acknowledgement.ts';
import { measureFullCache } from './measure-cache.ts';
import { measureRotation } from './measure-rotation.ts';
import { measureStart } from './measure-start.ts';
import { measureReal } from './real/measure-real.ts';
import { formatReport, type Row } from './report.ts';

/*
 * `npm run bench`: how fast the bot is on the stand-ins, in one run; with `-- --real` on the real servers. A target that is missed is marked and is no
 * failure: what else the machine does is part of every figure. Exits 1 only when something could not be measured.
 */

/** On real servers of a quiet machine External Secrets took 85 ms, in the median, to answer a mark. */
const realReconcileMs = 85;

const say = (what: string): void => void process.stderr.write(`${what} …\n`);

async function measureStandIns(): Promise<readonly Row[]> {
  const bundle = buildBundle();
  const parts: readonly (readonly [string, () => Promise<readonly Row[]>])[] = [
    ['acknowledgements', () => measureAcknowledgement(bundle)],
    [
      'rotations',
      () =>
        measureRotation({
          name: 'ESO as real, pods at once',
          reconcileMs: realReconcileMs,
          rolloutMs: 1,
          rounds: 40,
          target: 1.15,
        }),
    ],
    [
      'rotations without any waiting',
      () => measureRotation({ name: 'nothing waited for', reconcileMs: 1, rolloutMs: 1, rounds: 40 }),
    ],
    ['a full cache', () => measureFullCache(bundle)],
    ['starts', () => measureStart(bundle)],
  ];
  const rows: Row[] = [];
  for (const [name, measure] of parts) {
    say(`measuring ${name}`);
    rows.push(...(await measure()));
  }
  return rows;
}

console.log(describeMachine());
const began = performance.now();
const rows = process.argv.includes('--real') ? await measureReal(say) : await measureStandIns();
console.log(`\n${formatReport(rows)}`);
console.log(`${((performance.now() - began) / 1000).toFixed(0)} s, ${describeLoad()} at the end`);
process.exit();
