import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PolicyRule, parsePolicy } from './policy.ts';

const folder = join(import.meta.dirname, '..', '..', '..', 'manifests', 'vault');

/** What `default` gives, of the parts that matter here. */
const defaultPolicy = `
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/renew-self" { capabilities = ["update"] }
path "auth/token/revoke-self" { capabilities = ["update"] }
`;

/** The policies that a cluster runs with: read from manifests/vault, so that the bot works under its own. */
export function loadPolicies(): Map<string, readonly PolicyRule[]> {
  const policies = new Map([['default', parsePolicy(defaultPolicy)]]);
  for (const name of ['chatelaine', 'external-secrets']) {
    const file = join(folder, `${name}.hcl`);
    if (existsSync(file)) policies.set(name, parsePolicy(readFileSync(file, 'utf8')));
  }
  return policies;
}
