import { z } from 'zod';
import type { PageSwitch } from '../page/panels.ts';
import type { AskVault } from './ask-vault.ts';
import type { NamedManifest, Servers } from './servers.ts';

export interface Switched {
  readonly servers: Servers;
  readonly ask: AskVault;
  readonly kubelet: Kubelet;
  /** On the Git host: `owner/name`. */
  readonly repository: string;
}

/** What an administrator could do to a cluster, by mistake as well. Each is undone when it is switched off. */
export function switchesOf({ servers, ask, kubelet, repository }: Switched): readonly PageSwitch[] {
  const { git } = servers;
  return [
    toggle(
      { id: 'vault-denied', group: 'Vault', label: 'Chatelaine is refused', hint: 'its policy is emptied' },
      emptyPolicy(ask, 'chatelaine'),
    ),
    toggle(
      {
        id: 'kubernetes-store',
        group: 'Vault',
        label: 'External Secrets is refused',
        hint: 'its policy is emptied',
      },
      emptyPolicy(ask, 'external-secrets'),
    ),
    toggle(
      { id: 'vault-cas', group: 'Vault', label: 'Writes need no version', hint: 'cas_required is off' },
      async (on) => void (await ask('POST', 'kv/config', { cas_required: !on })),
    ),
    toggle(
      {
        id: 'kubernetes-policy',
        group: 'Kubernetes',
        label: 'Admission policy not enforced',
        hint: 'its binding is removed',
      },
      remove(
        servers,
        '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/chatelaine-annotations-only',
      ),
    ),
    toggle(
      {
        id: 'kubernetes-rights',
        group: 'Kubernetes',
        label: 'Chatelaine has no rights',
        hint: 'its ClusterRoleBinding is removed',
      },
      remove(servers, '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/chatelaine'),
    ),
    toggle(
      {
        id: 'kubernetes-stuck',
        group: 'Kubernetes',
        label: 'Rollouts hang',
        hint: 'no new pod becomes ready',
      },
      async (on) => (on ? kubelet.stop() : kubelet.start()),
    ),
    toggle(
      { id: 'forge-archived', group: 'Git', label: 'The repository is archived' },
      async (on) => void (await git.admin.need('PATCH', `repos/${repository}`, { archived: on })),
    ),
    toggle(
      {
        id: 'forge-denied',
        group: 'Git',
        label: 'Chatelaine may only read',
        hint: 'its account has no right to write',
      },
      async (on) =>
        void (await git.admin.need('PUT', `repos/${repository}/collaborators/${git.bot.name}`, {
          permission: on ? 'read' : 'write',
        })),
    ),
  ];
}

/** Who says that pods are ready. */
export interface Kubelet {
  /** Does nothing where it runs. */
  start(): void;
  stop(): Promise<void>;
}

type Named = Pick<PageSwitch, 'id' | 'group' | 'label' | 'hint'>;

/** A switch that shows what was done last, and stays where it is when doing it fails. */
function toggle(named: Named, turn: (on: boolean) => Promise<void>): PageSwitch {
  let now = false;
  return {
    ...named,
    get: () => now,
    async set(on) {
      if (on === now) return;
      await turn(on);
      now = on;
    },
  };
}

const Policy = z.object({ data: z.object({ policy: z.string() }) });
/** A policy has to say something. */
const nothing = 'path "sys/nothing" { capabilities = ["deny"] }';

/** Empties a policy, and writes it as it was. It holds at once, for tokens that were given before as well. */
function emptyPolicy(ask: AskVault, name: string): (on: boolean) => Promise<void> {
  const path = `sys/policies/acl/${name}`;
  let kept: string | undefined;
  return async (on) => {
    if (on) kept = Policy.parse(await ask('GET', path)).data.policy;
    await ask('PUT', path, { policy: on ? nothing : kept });
  };
}

const Kept = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.object({ name: z.string(), labels: z.record(z.string(), z.string()).optional() }),
});

/** Deletes an object, and applies it as it was. */
function remove(servers: Servers, path: string): (on: boolean) => Promise<void> {
  let kept: NamedManifest | undefined;
  return async (on) => {
    if (on) {
      kept = Kept.parse(await servers.adminApi.need('GET', path));
      await servers.adminApi.need('DELETE', path);
    } else if (kept !== undefined) await servers.apply([kept]);
  };
}
