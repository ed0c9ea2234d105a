import type { Row } from '../report.ts';
import { measureDetection } from './detect.ts';
import { measureHealing } from './heal.ts';
import { measureGrowth } from './measure-growth.ts';
import { measureLive } from './measure-live.ts';
import { measureMany } from './measure-many.ts';
import { addSecrets, openBench } from './open-bench.ts';
import { recordRotation } from './record-rotation.ts';

/**
 * `npm run bench -- --real`: on real servers, with the bot's own rights. Says on standard error what it measures, and what
 * it has measured: it takes minutes, and what was measured is not lost with the last part.
 */
export async function measureReal(say: (what: string) => void): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const measure = async (what: string, part: () => Promise<readonly Row[]>): Promise<void> => {
    say(`measuring ${what}`);
    const measured = await part();
    rows.push(...measured);
    say(measured.map((row) => `  ${row.what}: ${row.measured}`).join('\n'));
  };
  await measureRotations(say, measure);
  await measure('how soon a seal is told', measureDetection);
  await measure('the healing after an unseal', measureHealing);
  return rows;
}

async function measureRotations(
  say: (what: string) => void,
  measure: (what: string, part: () => Promise<readonly Row[]>) => Promise<void>,
): Promise<void> {
  say('starting the real servers');
  const bench = await openBench();
  try {
    const recorded = ['record-0', 'record-1'] as const;
    await addSecrets(bench, recorded);
    say('recording a rotation');
    const plan = await recordRotation(bench, recorded);
    await measure('rotations until live', () => measureLive(bench, plan));
    await measure('many rotations at once', () => measureMany(bench, plan));
    await measure('how a sync grows', () => measureGrowth(bench));
  } finally {
    await bench.close();
  }
}
