import type { KubeObject } from './kubernetes/api/kube-object.ts';
import type { PanelRow, Tone } from './page/panels.ts';

interface Condition {
  readonly type?: string;
  readonly status?: string;
  readonly reason?: string;
}

function conditionsOf(object: KubeObject): readonly Condition[] {
  const status = object['status'] as { readonly conditions?: readonly Condition[] } | undefined;
  return status?.conditions ?? [];
}

/** ExternalSecrets: whether each is Ready, and when it was read. */
export function externalSecretRows(objects: readonly KubeObject[]): readonly PanelRow[] {
  return objects.map((object) => {
    const ready = conditionsOf(object).find(({ type }) => type === 'Ready');
    const tone: Tone = ready === undefined ? 'busy' : ready.status === 'True' ? 'good' : 'bad';
    const text = ready?.status === 'True' ? 'Ready' : (ready?.reason ?? 'new');
    const { refreshTime } = (object['status'] ?? {}) as { readonly refreshTime?: string | null };
    return {
      id: nameOf(object),
      label: nameOf(object),
      // What changes on a sync is lit up by the page.
      ...(refreshTime == null ? {} : { detail: `read ${refreshTime.slice(11, 19)} UTC` }),
      badge: { text, tone },
    };
  });
}

interface Replicas {
  readonly replicas?: number;
  readonly updatedReplicas?: number;
  readonly availableReplicas?: number;
  readonly desiredNumberScheduled?: number;
  readonly updatedNumberScheduled?: number;
  readonly numberAvailable?: number;
}

/** The kinds of workloads that a rotation may restart. */
export const workloadKinds = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;

/** Workloads: how far the rollout of each is. */
export function workloadRows(objects: readonly KubeObject[]): readonly PanelRow[] {
  return objects.map((object) => ({
    id: `${object.kind}/${nameOf(object)}`,
    label: nameOf(object),
    detail: object.kind,
    badge: rolloutBadge(object),
  }));
}

function rolloutBadge(object: KubeObject): { readonly text: string; readonly tone: Tone } {
  const { wanted, updated, available, old } = countPods(object);
  return updated >= wanted && available >= wanted && old <= 0
    ? { text: `${wanted} ready`, tone: 'good' }
    : { text: `rolling: ${Math.min(updated, wanted)} of ${wanted} new`, tone: 'busy' };
}

/** DaemonSets count by other names than Deployments and StatefulSets. */
function countPods(object: KubeObject): Record<'wanted' | 'updated' | 'available' | 'old', number> {
  const status = (object['status'] ?? {}) as Replicas;
  const spec = (object['spec'] ?? {}) as { readonly replicas?: number };
  if (status.desiredNumberScheduled !== undefined) {
    const {
      desiredNumberScheduled: wanted,
      updatedNumberScheduled: updated = 0,
      numberAvailable: available = 0,
    } = status;
    return { wanted, updated, available, old: 0 };
  }
  const { replicas: wanted = 1 } = spec;
  const { updatedReplicas: updated = 0, availableReplicas: available = 0, replicas = wanted } = status;
  return { wanted, updated, available, old: replicas - wanted };
}

function nameOf({ metadata }: KubeObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}
