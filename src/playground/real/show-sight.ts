import type { PagePanel, PanelAction, PanelRow, Tone } from '../page/panels.ts';
import { externalSecretRows, workloadRows } from '../show-objects.ts';
import type { Health } from './ask-vault.ts';
import type { Lookout } from './lookout.ts';
import type { VaultServers } from './servers.ts';

/** What the page shows of the real servers, as it is there and by the names that the stand-ins have. Never a value. */
export function panelsOf(lookout: Lookout, vault: VaultServers): readonly PagePanel[] {
  return [
    {
      id: 'replicas',
      title: 'Vault',
      rows: () => lookout.now().replicas.map(({ name, health }) => replicaRow(vault, name, health)),
    },
    {
      id: 'secrets',
      title: 'Secrets in Vault',
      rows: () => {
        const { secrets, answers } = lookout.now();
        return [...silence('Vault', answers.vault), ...secrets.map(secretRow)];
      },
    },
    {
      id: 'external-secrets',
      title: 'ExternalSecrets',
      rows: () => {
        const { externalSecrets, answers } = lookout.now();
        return [...silence('Kubernetes', answers.kubernetes), ...externalSecretRows(externalSecrets)];
      },
    },
    { id: 'workloads', title: 'Workloads', rows: () => workloadRows(lookout.now().workloads) },
  ];
}

/** That what follows is old. */
function silence(who: string, answers: boolean): readonly PanelRow[] {
  return answers
    ? []
    : [
        {
          id: 'silence',
          label: 'As it was last seen',
          badge: { text: `${who} does not answer`, tone: 'bad' },
        },
      ];
}

const tones: Readonly<Record<Health, Tone>> = { active: 'good', standby: 'good', sealed: 'bad', down: 'bad' };

function replicaRow(vault: VaultServers, name: string, health: Health): PanelRow {
  return {
    id: name,
    label: name,
    badge: { text: health, tone: tones[health] },
    actions: actionsOn(vault, name, health),
  };
}

function actionsOn(vault: VaultServers, name: string, health: Health): readonly PanelAction[] {
  const replica = vault.replicas.find((each) => each.name === name);
  if (replica === undefined) return [];
  if (health === 'down') return [{ id: 'start', label: 'Start', run: () => vault.start(replica) }];
  if (health === 'sealed') return [{ id: 'unseal', label: 'Unseal', run: () => vault.unseal(replica) }];
  return [
    { id: 'seal', label: 'Seal', run: () => vault.seal(replica) },
    { id: 'kill', label: 'Kill', run: () => vault.kill(replica) },
  ];
}

function secretRow({ path, version }: { readonly path: string; readonly version: number }): PanelRow {
  return { id: path, label: `kv/${path}`, badge: { text: `v${version}`, tone: 'quiet' } };
}
