import { type HttpStandIn, type Received, type Reply, startHttpStandIn } from '../http-stand-in.ts';
import type { KvStore } from './kv-store.ts';
import { plantSeed } from './plant-seed.ts';
import type { VaultFaults, VaultStandIn, VaultStandInOptions } from './stand-in.ts';
import { VaultServer } from './vault-server.ts';

/** Starts a stand-in for an OpenBao of several replicas, on loopback, with KV v2 at `kv`. */
export async function startVault(options: VaultStandInOptions = {}): Promise<VaultStandIn> {
  const { replicas: count = 3, now = Date.now, seed = [], port, ...common } = options;
  const http: HttpStandIn[] = [];
  const addresses = new Map<string, string>();
  const server = new VaultServer(count, {
    now,
    faults: faultsOf(http),
    reviewToken: options.reviewToken ?? (() => Promise.resolve(undefined)),
    addressOf: (name) => addresses.get(name) ?? '',
  });
  plantSeed(server.store, seed, now());
  const service = { ...common, ...(port === undefined ? {} : { port }) };
  http.push(await startHttpStandIn('vault', (received) => throughService(server, received), service));
  for (const { name } of server.replicas.all) {
    const replica = await startHttpStandIn(name, (received) => server.handle(name, received), common);
    addresses.set(name, replica.url);
    http.push(replica);
  }
  return { ...handleOf(server), ...addressesOf(http, addresses) };
}

/** A Service in front of the pods: those that are sealed aren't ready, so it reaches them only where no other is. */
function throughService(server: VaultServer, received: Received): Promise<Reply> | Reply {
  const { all, active } = server.replicas;
  const name = active ?? all.find(({ sealed }) => !sealed)?.name ?? all[0]?.name ?? '';
  return server.handle(name, received);
}

type Addresses = Pick<VaultStandIn, 'url' | 'replicas' | 'connections' | 'dropConnections' | 'close'>;

function addressesOf(http: readonly HttpStandIn[], addresses: ReadonlyMap<string, string>): Addresses {
  return {
    url: http[0]?.url ?? '',
    replicas: [...addresses].map(([name, url]) => ({ name, url })),
    connections: async () =>
      (await Promise.all(http.map(countConnections))).reduce((sum, each) => sum + each, 0),
    dropConnections: () => http.forEach((each) => each.dropConnections()),
    close: async () => {
      await Promise.all(http.map((each) => each.close()));
    },
  };
}

function handleOf(server: VaultServer): Omit<VaultStandIn, keyof Addresses> {
  return {
    rootToken: server.rootToken,
    unsealKeys: server.replicas.unsealKeys,
    faults: server.faults,
    tokenFor: (policies, ttl = 0, maxTtl = 0) =>
      server.tokens.create({ policies, ttl: ttl * 1000, maxTtl: maxTtl * 1000 }).id,
    expireTokens: () => server.tokens.expireAll(),
    seal: (name) => server.replicas.seal(name),
    unseal: (name) => server.replicas.unseal(name),
    sealed: () => server.replicas.all.filter(({ sealed }) => sealed).map(({ name }) => name),
    ...contentsOf(server.store),
  };
}

type Contents = Pick<VaultStandIn, 'list' | 'read' | 'write' | 'versions' | 'custom' | 'onChange'>;

function contentsOf(store: KvStore): Contents {
  return {
    list: () => store.paths(),
    read(path, wanted) {
      const entry = store.entry(path);
      const found = entry?.versions.get(wanted ?? entry.current);
      if (found === undefined) return undefined;
      const { version, data, deletedAt } = found;
      return data === undefined || deletedAt !== undefined
        ? { version, data: {}, deleted: true }
        : { version, data };
    },
    write: (path, data, who) =>
      store.write(path, { data, cas: store.entry(path)?.current ?? 0, who }).version,
    versions: (path) =>
      [...(store.entry(path)?.versions.values() ?? [])]
        .map(({ version, who, destroyed, deletedAt }) => ({
          version,
          who,
          state: destroyed
            ? ('destroyed' as const)
            : deletedAt === undefined
              ? ('live' as const)
              : ('deleted' as const),
        }))
        .toReversed(),
    custom: (path) => ({ ...store.entry(path)?.custom }),
    onChange: (listener) => store.onChange(listener),
  };
}

/** `slow` and `down` hold for the service and every replica alike. */
function faultsOf(all: readonly HttpStandIn[]): VaultFaults {
  return {
    get slow() {
      return all[0]?.faults.slow ?? 0;
    },
    set slow(milliseconds) {
      for (const { faults } of all) faults.slow = milliseconds;
    },
    get down() {
      return all[0]?.faults.down ?? false;
    },
    set down(isDown) {
      for (const { faults } of all) faults.down = isDown;
    },
    denied: false,
    conflict: 0,
    loseAnswer: 0,
    standbyLag: 0,
  };
}

function countConnections({ server }: HttpStandIn): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });
}
