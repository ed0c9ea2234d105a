import { afterAll, beforeAll } from 'vitest';
import { startWorld, type World } from '../../../src/playground/start-world.ts';
import type { ContractServer } from './run-contract.ts';
import { runSnapshotJobs } from './snapshot-jobs.ts';

let world: World | undefined;

beforeAll(async () => {
  world = await startWorld({ timing: { rolloutMs: 10 } });
});
afterAll(() => world?.close());

function server(): ContractServer {
  if (world === undefined) throw new Error('the stand-in is there only inside tests');
  const { url, botToken, adminToken } = world.kubernetes;
  return { url, tokens: { bot: botToken, admin: adminToken } };
}

runSnapshotJobs('the stand-in for Kubernetes', server);
