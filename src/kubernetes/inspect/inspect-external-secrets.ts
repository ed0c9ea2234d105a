import { z } from 'zod';
import { isFault } from '../../core/errors.ts';
import { findingsOf, some } from '../../core/findings.ts';
import type { Call } from '../../core/ports/call.ts';
import type { Finding, Inspector } from '../../core/ports/inspect.ts';
import type { Replica } from '../../core/ports/vault.ts';
import type { KubernetesApi } from '../api.ts';
import { listOf } from '../lists.ts';
import type { VaultIdentity } from '../read-store.ts';
import { judgeStores, readStores } from './inspect-stores.ts';

export interface SecretsInspection {
  readonly api: KubernetesApi;
  readonly vault: VaultIdentity;
  /** The role by which the bot itself logs in to Vault. */
  readonly role?: string;
  /** What each replica of Vault says of itself. */
  readonly replicas: (call: Call) => Promise<readonly Replica[]>;
  /** References into the mount with a path that Chatelaine does not take. */
  readonly refused: () => { readonly references: number; readonly names: readonly string[] };
}

const group = 'external-secrets.io';
const needed = ['externalsecrets', 'secretstores', 'clustersecretstores'];
const Versions = z.object({ versions: z.array(z.object({ version: z.string() })) });
const Served = z.object({ resources: listOf(z.object({ name: z.string() })) });
const findings = findingsOf('External Secrets');

/** Looks at External Secrets: what of it is served, and whether its stores are those of the bot's Vault. */
export function createSecretsInspector(inspection: SecretsInspection): Inspector {
  return {
    area: 'External Secrets',
    async inspect(call) {
      try {
        const served = await inspectServed(inspection.api, call);
        if (served.some(({ state }) => state === 'fault')) return served;
        const stores = await readStores(inspection.api, call);
        const judged = judgeStores(stores, inspection, await inspection.replicas(call));
        return [...served, ...judged, ...judgeRefused(inspection)];
      } catch (error) {
        if (!isFault(error) || call.signal.aborted) throw error;
        return [findings.of('unknown', error)];
      }
    },
  };
}

async function inspectServed(api: KubernetesApi, call: Call): Promise<readonly Finding[]> {
  const install = 'Install External Secrets 0.16 or newer with its CRDs; from then on v1 is served.';
  const versions = await orMissing(api.discover(group, call));
  if (versions === undefined) {
    return [
      findings.fault('External Secrets is not installed', `the API server serves no ${group}`, install),
    ];
  }
  const list = (Versions.safeParse(versions).data?.versions ?? []).map(({ version }) => version);
  if (!list.includes('v1')) {
    return [findings.fault(`${group}/v1 is not served`, `served: ${list.join(', ') || 'nothing'}`, install)];
  }
  const served = Served.safeParse(await orMissing(api.discover(`${group}/v1`, call))).data?.resources ?? [];
  const missing = needed.filter((name) => !served.some((each) => each.name === name));
  if (missing.length > 0) {
    return [
      findings.fault(
        `${group}/v1 is not served for ${missing.join(', ')}`,
        `served as v1: ${
          served
            .map(({ name }) => name)
            .filter((name) => !name.includes('/'))
            .join(', ') || 'nothing'
        }`,
        install,
      ),
    ];
  }
  return [findings.good(`${group}/v1 is served`, list.join(', '))];
}

async function orMissing(answer: Promise<unknown>): Promise<unknown> {
  return answer.catch((error: unknown) => {
    if (isFault(error, 'kubernetes-missing')) return undefined;
    throw error;
  });
}

function judgeRefused({ refused }: SecretsInspection): readonly Finding[] {
  const { references, names } = refused();
  if (references === 0) return [];
  return [
    findings.doubt(
      'ExternalSecrets read paths whose names Chatelaine does not take',
      some(names),
      'Letters, digits and . _ @ + = ~ - are taken, and no two dots in a row: move those secrets.',
    ),
  ];
}
