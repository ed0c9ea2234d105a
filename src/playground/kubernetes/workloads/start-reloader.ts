import { createHash } from 'node:crypto';
import {
  type Json,
  type JsonObject,
  type KubeObject,
  objectsAt,
  sameJson,
  textAt,
  valueAt,
} from '../api/kube-object.ts';
import type { Caller, ObjectApi } from '../api/object-api.ts';
import { strategicMergePatch } from '../api/patches.ts';
import { typeOfKind } from '../api/resource-types.ts';
import type { Controller } from '../controller.ts';
import { WorkQueue } from '../work-queue.ts';
import { workloadKinds } from './start-rollouts.ts';

const caller: Caller = {
  username: 'system:serviceaccount:kube-system:reloader',
  groups: ['system:serviceaccounts', 'system:authenticated'],
};

const everything = ['reloader.stakater.com/auto', 'secret.reloader.stakater.com/auto'];
const named = 'secret.reloader.stakater.com/reload';

/**
 * Stakater's Reloader with its usual strategy: when a Secret's content changes, workloads that ask for it get an
 * environment variable with the content's hash, which rolls them out.
 */
export function startReloader(api: ObjectApi, delayMs: number): Controller {
  const queue = new WorkQueue(1, (key) => {
    const [namespace = '', name = ''] = key.split('/');
    const secret = api.store.get('Secret', namespace, name);
    if (secret !== undefined) reload(api, secret);
    return Promise.resolve();
  });
  const stop = api.store.listen('Secret', ({ type, object, previous }) => {
    if (type !== 'MODIFIED' || sameJson(object.data, previous?.data)) return;
    queue.add(`${object.metadata.namespace}/${object.metadata.name}`, Math.max(1, delayMs));
  });
  return {
    idleFor: (ms) => queue.idle && queue.nextDue > ms,
    close() {
      stop();
      queue.close();
    },
  };
}

function reload(api: ObjectApi, secret: KubeObject): void {
  const { namespace, name } = secret.metadata;
  const variable = { name: variableName(name), value: hashOf(secret) };
  for (const kind of workloadKinds) {
    for (const workload of api.store.list(kind, namespace)) {
      if (!asksFor(workload, name)) continue;
      const target = { namespace, name: workload.metadata.name };
      api.patch(typeOfKind(kind), target, (current) => withVariable(current, variable), { caller });
    }
  }
}

function asksFor(workload: KubeObject, secret: string): boolean {
  const annotations = {
    ...(valueAt(workload.spec, 'template', 'metadata', 'annotations') as object),
    ...workload.metadata.annotations,
  };
  const list = (textAt(annotations, named) ?? '').split(',').map((each) => each.trim());
  if (list.includes(secret)) return true;
  return everything.some((key) => textAt(annotations, key) === 'true') && uses(workload, secret);
}

/** Whether the pods take the Secret by env, envFrom, a volume or a projected one. */
function uses(workload: KubeObject, secret: string): boolean {
  const pod = valueAt(workload.spec, 'template', 'spec');
  const containers = [...objectsAt(pod, 'containers'), ...objectsAt(pod, 'initContainers')];
  const names = [
    ...containers.flatMap((container) => [
      ...objectsAt(container, 'env').map((each) => textAt(each, 'valueFrom', 'secretKeyRef', 'name')),
      ...objectsAt(container, 'envFrom').map((each) => textAt(each, 'secretRef', 'name')),
    ]),
    ...objectsAt(pod, 'volumes').flatMap((volume) => [
      textAt(volume, 'secret', 'secretName'),
      ...objectsAt(volume, 'projected', 'sources').map((each) => textAt(each, 'secret', 'name')),
    ]),
  ];
  return names.includes(secret);
}

function withVariable(workload: KubeObject, variable: JsonObject): KubeObject {
  const name = textAt(workload.spec, 'template', 'spec', 'containers', 0, 'name') ?? '';
  const patch = { spec: { template: { spec: { containers: [{ name, env: [variable] }] } } } };
  return strategicMergePatch(workload as unknown as Json, patch) as unknown as KubeObject;
}

/** `STAKATER_SONARR_SECRET_SECRET` of `sonarr-secret`. */
function variableName(secret: string): string {
  return `STAKATER_${secret.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}_SECRET`;
}

function hashOf({ data = {} }: KubeObject): string {
  const parts = Object.entries(data).map(
    ([key, value]) => `${key}=${Buffer.from(value, 'base64').toString('utf8')}`,
  );
  return createHash('sha1').update(parts.sort().join(';')).digest('hex');
}
