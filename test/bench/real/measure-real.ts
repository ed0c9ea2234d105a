import type { Row } from '../report.ts';
import { measureDetection } from './detect.ts';
import { measureHealing } from './heal.ts';
import { measureGrowth } from './measure-growth.ts';
import { measureLive } from './measure-live.ts';
import { measureMany } from './measure-many.ts';
import { addSecrets, openBench } from './open-bench.ts';
import { recordRotation } from './record-rotation.ts';

/** `npm run bench -- --real`: on real servers, with the bot's own rights. Says on standard error what it measures. */
export async function measureReal(say: (what: string) => void): Promise<readonly Row[]> {
  const rotations = await measureRotations(say);
  say('measuring how soon a seal is told');
  const detection = await measureDetection();
  say('measuring the healing after an unseal');
  return [...rotations, ...detection, ...(await measureHealing())];
}

async function measureRotations(say: (what: string) => void): Promise<readonly Row[]> {
  say('starting the real servers');
  const bench = await openBench();
  try {
    const recorded = ['record-0', 'record-1'] as const;
    await addSecrets(bench, recorded);
    say('recording a rotation');
    const plan = await recordRotation(bench, recorded);
    say('measuring rotations until live');
    const live = await measureLive(bench, plan);
    say('measuring many rotations at once');
    const many = await measureMany(bench, plan);
    say('measuring how a sync grows');
    return [...live, ...many, ...(await measureGrowth(bench))];
  } finally {
    await bench.close();
  }
}
