import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { ControlPlane } from './control-plane.ts';
import type { Vault } from './vault.ts';

const run = promisify(execFile);

/** Runs manifests/vault/setup.sh against a Vault, as the person who sets it up does. */
export async function setUpVault(
  script: string,
  { program, address, rootToken }: Vault,
  plane: ControlPlane,
  reviewerToken: string,
): Promise<void> {
  await run('sh', [script], {
    env: {
      PATH: process.env['PATH'] ?? '',
      // HashiCorp's program keeps a cache there; without a home it keeps it where it is run, among our files.
      HOME: dirname(plane.adminFile),
      BAO: program,
      BAO_ADDR: address,
      BAO_TOKEN: rootToken,
      // What HashiCorp's program goes by.
      VAULT_ADDR: address,
      VAULT_TOKEN: rootToken,
      KUBERNETES_HOST: plane.url,
      KUBERNETES_CA: plane.caFile,
      REVIEWER_JWT: reviewerToken,
    },
  });
}
