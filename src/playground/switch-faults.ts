import type { PageSwitch } from './page/panels.ts';
import { slackSwitches } from './page/slack-panel.ts';
import type { World } from './start-world.ts';

/** Faults that can be switched on while everything runs. */
export function switchesOf({ slack, vault, kubernetes, forge }: World): readonly PageSwitch[] {
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
    flag('kubernetes-jobs', 'Kubernetes', 'Snapshot Jobs fail', part(kubernetes.faults, 'jobsFail')),
    member('kubernetes-frozen', 'media/jellyfin never syncs', kubernetes.faults.frozenExternalSecrets),
    member('kubernetes-stuck', 'The rollout of media/jellyfin hangs', kubernetes.faults.stuckRollouts),
    ...forgeSwitches(forge),
  ];
}

function forgeSwitches({ faults }: World['forge']): readonly PageSwitch[] {
  const minute = 60_000;
  return [
    flag('forge-down', 'Git', 'Unreachable', part(faults, 'down')),
    flag('forge-slow', 'Git', 'Slow answers (1 s)', slowness(faults)),
    flag('forge-archived', 'Git', 'The repository is archived', part(faults, 'archived')),
    flag('forge-no-drafts', 'Git', 'No drafts', part(faults, 'noDrafts')),
    flag('forge-denied', 'Git', 'The token may not commit', {
      get: () => faults.lacks.has('contents'),
      set(on) {
        if (on) faults.lacks.add('contents');
        else faults.lacks.delete('contents');
      },
    }),
    {
      ...flag('forge-limited', 'Git', 'Rate limit reached', {
        get: () => faults.limitedUntil > Date.now(),
        set(on) {
          faults.limitedUntil = on ? Date.now() + minute : 0;
        },
      }),
      hint: 'for a minute',
    },
    {
      ...flag('forge-lost', 'Git', 'The answer gets lost', {
        get: () => faults.loseAnswer > 0,
        set(on) {
          faults.loseAnswer = on ? 1 : 0;
        },
      }),
      hint: 'the next write only',
    },
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
