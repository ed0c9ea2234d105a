import type { Call } from '../core/ports/call.ts';
import type { Failure } from '../core/ports/cluster.ts';
import type { KubernetesApi } from './api.ts';
import type { ClusterCache } from './cache.ts';
import { type Explained, explainFailure } from './explain-failure.ts';
import { keepNewest, type Warning, warningsByUid } from './read-events.ts';
import type { SecretShape } from './read-external-secret.ts';
import { readyWithoutValue } from './sync-words.ts';

export interface FailuresContext {
  readonly api: KubernetesApi;
  readonly cache: ClusterCache;
}

/** Events in one answer, and answers at most: what is said beyond that is not needed to group what fails. */
const pageSize = '500';
const mostPages = 10;

/** Who fails, and why; see the port. The status says that it failed, only the Events say why. */
export async function listFailures({ api, cache }: FailuresContext, call: Call): Promise<readonly Failure[]> {
  cache.requireSecrets();
  const failing = cache.secrets.failing();
  const isTold = failing.some(({ ready }) => ready.status === 'False');
  const warnings = isTold ? await allWarnings(api, call) : new Map<string, Warning>();
  return failing.map((shape) => failureOf(shape, warnings.get(shape.uid)));
}

async function allWarnings(api: KubernetesApi, call: Call): Promise<ReadonlyMap<string, Warning>> {
  const all = new Map<string, Warning>();
  const selector = { fieldSelector: 'involvedObject.kind=ExternalSecret,type=Warning', limit: pageSize };
  let query: Readonly<Record<string, string>> = selector;
  for (let page = 0; page < mostPages; page += 1) {
    const answer = await api.get({ kind: 'Event' }, 'reading why ExternalSecrets fail', call, query);
    const { warnings, next } = warningsByUid(answer);
    for (const [uid, warning] of warnings) keepNewest(all, uid, warning);
    if (next === '') break;
    query = { ...selector, continue: next };
  }
  return all;
}

const unknownWhy = {
  says: 'External Secrets says something that is not known here',
  likely: 'its Events say more: kubectl describe externalsecret',
};

function failureOf(shape: SecretShape, warning: Warning | undefined): Failure {
  const { name, ready } = shape;
  const base = { ...name, ...(ready.since === undefined ? {} : { since: ready.since }) };
  const missing = readyWithoutValue(shape);
  if (missing !== undefined) return { ...base, group: missing, says: missing, bySeal: false, noSecret: true };
  const { byVault = false, ...why } = explain(ready.message, warning);
  // All that fails by one store's way to Vault fails together, whatever each heard of it.
  return { ...base, ...why, group: byVault ? storeOf(shape) : why.says, bySeal: byVault, noSecret: false };
}

function explain(status: string, warning: Warning | undefined): Explained {
  return explainFailure(warning?.message ?? status) ?? explainFailure(status) ?? unknownWhy;
}

function storeOf({ name, store }: SecretShape): string {
  return `${store.kind} ${store.kind === 'SecretStore' ? `${name.namespace}/` : ''}${store.name}`;
}
