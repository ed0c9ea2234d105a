import { readFileSync } from 'node:fs';
import type { Dispatcher } from 'undici';
import { type Clock, systemClock } from '../core/clock.ts';
import { ChatelaineError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { VaultMount, VaultPath } from '../core/names.ts';
import type { Call } from '../core/ports/call.ts';
import type { Inspector } from '../core/ports/inspect.ts';
import type { Vault } from '../core/ports/vault.ts';
import { annotate } from './annotate.ts';
import { askReplicas, type ReplicaAddress } from './ask-replicas.ts';
import { createCaller } from './caller.ts';
import { deleteVersions } from './delete-versions.ts';
import type { Wire } from './exchange.ts';
import { createVaultInspector } from './inspect/inspect-vault.ts';
import type { VaultAuth } from './log-in.ts';
import { openClient } from './open-client.ts';
import { readRaft } from './read-raft.ts';
import { getMetadata, getProperties, type Kv, listNames } from './read-secrets.ts';
import { Session } from './session.ts';
import { Transport } from './transport.ts';
import { createSecret, patchSecret } from './write-values.ts';

export interface VaultOptions {
  /** Of the active service: `http://vault.security.svc:8200`. */
  readonly address: string;
  readonly namespace?: string;
  readonly mount: VaultMount;
  readonly auth: VaultAuth;
  /** Each replica by its own address, since the service hides the sealed ones. Without it: the one address. */
  readonly replicas?: readonly ReplicaAddress[];
  /** PEM of the authority that signed the server's certificate. */
  readonly caFile?: string;
  /** The name in that certificate, where the address has another one. */
  readonly tlsServerName?: string;
  readonly log: Log;
  readonly clock?: Clock;
  /** 0 to 1, for the spread of renewals and repetitions. */
  readonly random?: () => number;
  /** In the place of connections of its own, for tests. */
  readonly dispatcher?: Dispatcher;
}

export interface VaultAdapter {
  readonly vault: Vault;
  /** Looks at the installation from here; `paths` are those that are read in the cluster, as far as they are known. */
  inspector(paths: (call: Call) => Promise<readonly VaultPath[]>): Inspector;
  /** Logs in in the background and keeps the login alive. Without it the first call logs in. */
  start(): void;
  /** Ends the renewal, gives the token back and closes all connections. */
  close(): Promise<void>;
}

/** Connects to one KV v2 mount. Makes no call yet. Throws config-invalid when the CA file can't be read. */
export function connectVault(options: VaultOptions): VaultAdapter {
  const { mount, auth, log, clock = systemClock, random = Math.random } = options;
  const address = options.address.replace(/\/+$/, '');
  const transport = new Transport({
    ...(options.caFile === undefined ? {} : { ca: readCa(options.caFile) }),
    ...(options.tlsServerName === undefined ? {} : { tlsServerName: options.tlsServerName }),
    ...(options.dispatcher === undefined ? {} : { dispatcher: options.dispatcher }),
  });
  const wire: Wire = { ask: openClient(address, options.namespace, transport), transport, clock, random };
  const session = new Session(wire, auth, log);
  const kv: Kv = { mount, ask: createCaller(wire, session, log) };
  const given = options.replicas ?? [];
  const replicas = given.length > 0 ? given : [{ name: new URL(address).hostname, address }];
  const vault: Vault = {
    mount,
    identity: `${(options.namespace ?? '').replace(/^\/+|\/+$/g, '')}|${mount}`,
    metadata: (path, call) => getMetadata(kv, path, call),
    properties: (path, call) => getProperties(kv, path, call),
    list: (prefix, call) => listNames(kv, prefix, call),
    create: (path, values, call) => createSecret(kv, path, values, call),
    patch: (path, values, cas, call) => patchSecret(kv, path, { values, cas }, call),
    annotate: (path, entries, call) => annotate(kv, path, entries, call),
    deleteVersions: (path, versions, call) => deleteVersions(kv, path, versions, call),
    replicas: ({ signal }) => askReplicas(replicas, { transport, clock }, signal),
    raft: (call) => readRaft(kv, call),
    session: () => session.describe(),
  };
  return {
    vault,
    inspector: (paths) => createVaultInspector({ wire, mount, auth, replicas, paths }),
    start: () => session.start(),
    async close() {
      await session.close();
      await transport.close();
    },
  };
}

function readCa(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new ChatelaineError({
      code: 'config-invalid',
      doing: 'connecting to Vault',
      wrong: `${file} can not be read`,
      state: 'Nothing was started.',
      next: 'Look at vault.caFile in the configuration.',
    });
  }
}
