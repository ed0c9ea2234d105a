import type { PagePanel, PanelRow } from './page/panels.ts';
import { slackPanel } from './page/slack-panel.ts';
import { externalSecretRows, workloadKinds, workloadRows } from './show-objects.ts';
import type { World } from './start-world.ts';

/** What the page shows beside the conversation: replicas, versions, ExternalSecrets, workloads. Never a value. */
export function panelsOf(world: World): readonly PagePanel[] {
  const { kubernetes } = world;
  return [
    { id: 'replicas', title: 'Vault', rows: () => replicaRows(world) },
    { id: 'secrets', title: 'Secrets in Vault', rows: () => secretRows(world) },
    {
      id: 'external-secrets',
      title: 'ExternalSecrets',
      rows: () => externalSecretRows(kubernetes.objects('ExternalSecret')),
    },
    {
      id: 'workloads',
      title: 'Workloads',
      rows: () => workloadRows(workloadKinds.flatMap((kind) => kubernetes.objects(kind))),
    },
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
