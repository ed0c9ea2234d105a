import type { Command } from '../src/core/command.ts';
import { freeze } from './secret/freeze.ts';
import { history } from './secret/history.ts';
import { list } from './secret/list.ts';
import { newSecret } from './secret/new.ts';
import { policy } from './secret/policy.ts';
import { remove } from './secret/remove.ts';
import { rotate } from './secret/rotate.ts';
import { set } from './secret/set.ts';
import { status as secretStatus } from './secret/status.ts';
import { sync } from './secret/sync.ts';
import { thaw } from './secret/thaw.ts';
import { uses } from './secret/uses.ts';
import { attest } from './vault/attest.ts';
import { doctor } from './vault/doctor.ts';
import { readiness } from './vault/readiness.ts';
import { snapshot } from './vault/snapshot.ts';
import { status as vaultStatus } from './vault/status.ts';
import { unseal } from './vault/unseal.ts';

/** Every command, in the order of the overview. Adding one is its file and its line here. */
export const commands: readonly Command[] = [
  rotate,
  set,
  newSecret,
  remove,
  list,
  secretStatus,
  history,
  uses,
  sync,
  policy,
  freeze,
  thaw,
  vaultStatus,
  unseal,
  snapshot,
  readiness,
  attest,
  doctor,
];
