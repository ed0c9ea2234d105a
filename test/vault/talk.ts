import { isFault } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';
import { connectVault } from '../../src/vault/connect-vault.ts';
import { call, jellyfin, mount, values } from './names.ts';

/** A process of its own that talks to the Vault at an address: one write, one conflict, and the end. */
const [address = '', tokenFile = ''] = process.argv.slice(2);
const adapter = connectVault({
  address,
  mount,
  auth: { kind: 'kubernetes', mount: 'kubernetes', role: 'chatelaine', tokenFile },
  log: silentLog,
});
adapter.start();
const { version } = await adapter.vault.patch(jellyfin, values(), 7, call());
const conflict: unknown = await adapter.vault
  .patch(jellyfin, values(), 7, call())
  .catch((error: unknown) => error);
await adapter.close();
console.log(`v${version} ${isFault(conflict) ? conflict.code : 'no fault'}`);
