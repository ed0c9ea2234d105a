import { z } from 'zod';
import { findingsOf, some } from '../../core/findings.ts';
import type { Call } from '../../core/ports/call.ts';
import type { Finding } from '../../core/ports/inspect.ts';
import type { Replica } from '../../core/ports/vault.ts';
import type { KubernetesApi } from '../api.ts';
import { layoutHere, pointsAtMount, readStore, type StoreShape, type VaultIdentity } from '../read-store.ts';
import { judgeStandby } from './judge-standby.ts';

/** A store, and how it logs in. */
export interface InspectedStore extends StoreShape {
  readonly auth?: { readonly mountPath: string; readonly role: string };
}

const List = z.object({ items: z.array(z.unknown()) });
const Auth = z.object({
  spec: z.object({
    provider: z.object({
      vault: z.object({
        auth: z.object({ kubernetes: z.object({ mountPath: z.string(), role: z.string() }) }),
      }),
    }),
  }),
});

const findings = findingsOf('External Secrets');
const storeManifest = 'manifests/external-secrets/cluster-secret-store.yaml';

/** Asked for now, so that it is known though the caches never fill. Throws what asking throws. */
export async function readStores(api: KubernetesApi, call: Call): Promise<readonly InspectedStore[]> {
  const kinds = ['ClusterSecretStore', 'SecretStore'] as const;
  const found = await Promise.all(
    kinds.map(async (kind) => {
      const answer = await api.get({ kind }, `listing each ${kind}`, call, { limit: '500' });
      return (List.safeParse(answer).data?.items ?? []).map((object) => {
        const auth = Auth.safeParse(object).data?.spec.provider.vault.auth.kubernetes;
        return { ...readStore(kind, object), ...(auth === undefined ? {} : { auth }) };
      });
    }),
  );
  return found.flat();
}

export interface StoreExpectations {
  readonly vault: VaultIdentity;
  readonly role?: string;
}

/** What the stores point at, and how they are. */
export function judgeStores(
  stores: readonly InspectedStore[],
  { vault, role }: StoreExpectations,
  replicas: readonly Replica[],
): readonly Finding[] {
  const ours = stores.filter((store) => pointsAtMount(store, vault));
  const others = stores.filter(
    (store) => store.vault !== undefined && layoutHere(store, vault) === undefined,
  );
  const wanted = `the bot writes to ${vault.addresses.join(' or ')}, mount ${vault.mount}`;
  if (ours.length === 0) {
    const fix = `Name the address that the stores use in vault.knownAs, or apply ${storeManifest} with yours.`;
    return [
      findings.fault(
        'no store reads the mount that the bot writes to',
        `${some(stores.map(describe)) || 'there is no store'}; ${wanted}`,
        fix,
      ),
    ];
  }
  return [
    ...ours.flatMap((store) => judgeStore(store, role)),
    ...judgeStandby(ours, replicas),
    ...(others.length === 0
      ? []
      : [
          findings.doubt(
            'stores read another Vault, so what they read is not seen',
            `${some(others.map(describe))}; ${wanted}`,
            'Where it is the same Vault by another name: add that to vault.knownAs.',
          ),
        ]),
  ];
}

function judgeStore(store: InspectedStore, role: string | undefined): readonly Finding[] {
  const { ready, vault, auth } = store;
  const name = nameOf(store);
  const fix = `Compare it with ${storeManifest}, and its role in Vault with manifests/vault/setup.sh.`;
  return [
    ready.status === 'True'
      ? findings.good(`${name} is Ready`, describe(store))
      : findings.fault(
          `${name} is not Ready: External Secrets delivers nothing`,
          `${ready.reason}: ${ready.message}; ${describe(store)}`,
          fix,
        ),
    ...(vault?.version === 'v1'
      ? [findings.fault(`${name} reads the mount as KV v1`, describe(store), fix)]
      : []),
    ...(role !== undefined && auth?.role === role
      ? [
          findings.fault(
            `${name} logs in with the bot’s own role`,
            `${describe(store)}: External Secrets has to read, and the bot must not`,
            fix,
          ),
        ]
      : []),
  ];
}

/** `ClusterSecretStore vault`, `SecretStore media/vault`. */
function nameOf({ kind, namespace, name }: InspectedStore): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

function describe(store: InspectedStore): string {
  const { vault, auth } = store;
  if (vault === undefined) return `${nameOf(store)} of another provider`;
  const login = auth === undefined ? '' : `, auth/${auth.mountPath}, role ${auth.role}`;
  return `${nameOf(store)} at ${vault.server}, mount ${vault.path ?? 'in the keys'}${login}`;
}
