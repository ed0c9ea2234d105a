import type { KubeObject } from './kubernetes/api/kube-object.ts';
import type { PagePanel, PageSwitch, PanelRow, Tone } from './page/panels.ts';
import { slackPanel, slackSwitches } from './page/slack-panel.ts';
import type { World } from './start-world.ts';

/** What the page shows beside the conversation: replicas, versions, ExternalSecrets, workloads. Never a value. */
export function panelsOf(world: World): readonly PagePanel[] {
  return [
    { id: 'replicas', title: 'Vault', rows: () => replicaRows(world) },
    { id: 'secrets', title: 'Secrets in Vault', rows: () => secretRows(world) },
    { id: 'external-secrets', title: 'ExternalSecrets', rows: () => externalSecretRows(world) },
    { id: 'workloads', title: 'Workloads', rows: () => workloadRows(world) },
    slackPanel(world.slack),
  ];
}

function replicaRows({ vault }: World): readonly PanelRow[] {
  const sealed = vault.sealed();
  return vault.replicas.map(({ name }) => {
    const isSealed = sealed.includes(name);
    return {
      id: name,
      label: name,
      badge: isSealed ? { text: 'sealed', tone: 'bad' } : { text: 'unsealed', tone: 'good' },
      actions: [
        isSealed
          ? { id: 'unseal', label: 'Unseal', run: () => vault.unseal(name) }
          : { id: 'seal', label: 'Seal', run: () => vault.seal(name) },
      ],
    };
  });
}

function secretRows({ vault }: World): readonly PanelRow[] {
  return vault.list().map((path) => {
    const [newest] = vault.versions(path);
    return {
      id: path,
      label: `kv/${path}`,
      ...(newest === undefined ? {} : { badge: { text: `v${newest.version}`, tone: 'quiet' as const } }),
    };
  });
}

interface Condition {
  readonly type?: string;
  readonly status?: string;
  readonly reason?: string;
}

function conditionsOf(object: KubeObject): readonly Condition[] {
  const status = object['status'] as { readonly conditions?: readonly Condition[] } | undefined;
  return status?.conditions ?? [];
}

function externalSecretRows({ kubernetes }: World): readonly PanelRow[] {
  return kubernetes.objects('ExternalSecret').map((object) => {
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

function workloadRows({ kubernetes }: World): readonly PanelRow[] {
  return ['Deployment', 'StatefulSet', 'DaemonSet'].flatMap((kind) =>
    kubernetes.objects(kind).map((object) => ({
      id: `${kind}/${nameOf(object)}`,
      label: nameOf(object),
      detail: kind,
      badge: rolloutBadge(object),
    })),
  );
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

/** Faults that can be switched on while everything runs. */
export function switchesOf({ slack, vault, kubernetes }: World): readonly PageSwitch[] {
  return [
    ...slackSwitches(slack),
    flag('vault-down', 'Vault', 'Unreachable', part(vault.faults, 'down')),
    flag('vault-denied', 'Vault', 'Refuses everything (403)', part(vault.faults, 'denied')),
    flag('vault-slow', 'Vault', 'Slow answers (1 s)', slowness(vault.faults)),
    {
      id: 'vault-conflict',
      group: 'Vault',
      label: 'Somebody else writes first',
      hint: 'the next write only',
      get: () => vault.faults.conflict > 0,
      set: (on) => {
        vault.faults.conflict = on ? 1 : 0;
      },
    },
    {
      id: 'vault-lost',
      group: 'Vault',
      label: 'The answer gets lost',
      hint: 'the next write only',
      get: () => vault.faults.loseAnswer > 0,
      set: (on) => {
        vault.faults.loseAnswer = on ? 1 : 0;
      },
    },
    flag('kubernetes-down', 'Kubernetes', 'Unreachable', part(kubernetes.faults, 'down')),
    flag(
      'kubernetes-policy',
      'Kubernetes',
      'Admission policy not enforced',
      part(kubernetes.faults, 'noAdmissionPolicy'),
    ),
    flag(
      'kubernetes-store',
      'Kubernetes',
      'External Secrets is refused by Vault',
      part(kubernetes.faults, 'storeDenied'),
    ),
    member('kubernetes-frozen', 'media/jellyfin never syncs', kubernetes.faults.frozenExternalSecrets),
    member('kubernetes-stuck', 'The rollout of media/jellyfin hangs', kubernetes.faults.stuckRollouts),
  ];
}

interface OnOff {
  readonly get: () => boolean;
  readonly set: (on: boolean) => void;
}

function flag(id: string, group: string, label: string, state: OnOff): PageSwitch {
  return { id, group, label, ...state };
}

function part<Key extends string>(faults: { [K in Key]: boolean }, key: Key): OnOff {
  return {
    get: () => faults[key],
    set: (on) => {
      faults[key] = on;
    },
  };
}

function slowness(faults: { slow: number }): OnOff {
  return {
    get: () => faults.slow > 0,
    set: (on) => {
      faults.slow = on ? 1000 : 0;
    },
  };
}

function member(id: string, label: string, names: Set<string>): PageSwitch {
  const name = 'media/jellyfin';
  return {
    id,
    group: 'Kubernetes',
    label,
    get: () => names.has(name),
    set: (on) => {
      if (on) names.add(name);
      else names.delete(name);
    },
  };
}
