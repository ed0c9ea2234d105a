import { findingsOf, some } from '../core/findings.ts';
import { matchesPattern } from '../core/patterns.ts';
import type { Call } from '../core/ports/call.ts';
import type { Finding, Inspector } from '../core/ports/inspect.ts';
import { judgeTransport } from './judge-transport.ts';
import type { Configuration } from './schema.ts';

export interface ConfigurationInspection {
  readonly configuration: Configuration;
  /** Names in the cluster; undefined where they can't be had. */
  readonly namespaces: (call: Call) => Promise<readonly string[] | undefined>;
}

const findings = findingsOf('Configuration');
const toEverybody = ['rotate', 'set', 'sync', 'policy', 'inspect', 'thaw'] as const;

/** Looks for what a configuration may hold and its author can hardly mean. What may not be in it was refused before. */
export function createConfigurationInspector({
  configuration,
  namespaces,
}: ConfigurationInspection): Inspector {
  return {
    area: 'Configuration',
    async inspect(call) {
      const found = [
        ...judgeGrants(configuration),
        ...judgePatterns(configuration, await namespaces(call)),
        ...judgeTransport(configuration),
        ...judgeReplicas(configuration),
      ];
      const well = found.every(({ state }) => state === 'good' || state === 'unknown');
      return [
        ...(well ? [findings.good('the configuration holds', 'no fault and nothing doubtful in it')] : []),
        ...found,
      ];
    },
  };
}

/** The faults of a file that could not be taken, as findings: each line names its key. */
export function findingsOfFaults(faults: readonly string[]): readonly Finding[] {
  const fix = 'Mend the key that is named; docs/configuration.md describes each.';
  return faults.map((fault) => findings.fault(fault, 'the configuration file', fix));
}

function judgeGrants({ grants, groups }: Configuration): readonly Finding[] {
  if (grants.length === 0) {
    return [
      findings.fault(
        'nobody may do anything',
        'the configuration has no grants',
        'Add one, as manifests/chatelaine/config.yaml has it.',
      ),
    ];
  }
  return [
    ...grants.flatMap((grant, index) => judgeGrant(grant, index, groups)),
    ...judgeGroups(grants, groups),
  ];
}

function judgeGrant(
  { to, may, namespaces }: Configuration['grants'][number],
  index: number,
  groups: Configuration['groups'],
): readonly Finding[] {
  const key = `grants[${index}]`;
  const isEmpty = to.every((name) => Object.hasOwn(groups, name) && groups[name]?.length === 0);
  // A group can hold `*` as well.
  const everybody = to.some(
    (name) => name === '*' || (Object.hasOwn(groups, name) && groups[name]?.includes('*')),
  );
  const wide = toEverybody.filter((right) => may.includes(right));
  return [
    ...(isEmpty
      ? [
          findings.doubt(
            `${key} names nobody`,
            `its groups are empty: ${to.join(', ')}`,
            'Put Slack user ids into the group, or leave the grant out.',
          ),
        ]
      : []),
    ...(everybody && wide.length > 0
      ? [
          findings.doubt(
            `${key} lets every full member of the workspace ${wide.join(', ')}`,
            `to: ${to.join(', ')}; namespaces: ${namespaces.join(', ') || 'none'}`,
            'Name a group instead: whoever joins the workspace, or takes over any account of it, has this right.',
          ),
        ]
      : []),
    ...(namespaces.length === 0
      ? [
          findings.doubt(
            `${key} gives no right on any secret`,
            'it names no namespaces',
            'Add namespaces to it; `*` is all of them.',
          ),
        ]
      : []),
  ];
}

function judgeGroups(grants: Configuration['grants'], groups: Configuration['groups']): readonly Finding[] {
  const used = new Set(grants.flatMap(({ to }) => to));
  const unused = Object.keys(groups).filter((name) => !used.has(name));
  if (unused.length === 0) return [];
  return [
    findings.doubt(
      'groups are in no grant',
      unused.map((name) => `groups.${name}`).join(', '),
      'Name them in a grant, or leave them out.',
    ),
  ];
}

function judgePatterns(
  { grants }: Configuration,
  namespaces: readonly string[] | undefined,
): readonly Finding[] {
  if (namespaces === undefined) {
    return [
      findings.unknown(
        'whether the namespaces in the grants exist',
        'the cluster did not say which there are',
      ),
    ];
  }
  const lost = grants.flatMap((grant, index) =>
    grant.namespaces
      .filter((pattern) => !namespaces.some((name) => matchesPattern(pattern, name)))
      .map((pattern) => `grants[${index}]: ${pattern}`),
  );
  if (lost.length === 0) return [];
  return [
    findings.doubt(
      'grants name namespaces that do not exist',
      some(lost, 5),
      'Mend the names; `kubectl get namespaces` has them.',
    ),
  ];
}

function judgeReplicas({ vault }: Configuration): readonly Finding[] {
  if (vault.replicas.length > 0) return [];
  return [
    findings.doubt(
      'Vault’s replicas are not named: a sealed one is not seen',
      'vault.replicas is empty, and a service hides the sealed ones',
      'Name each by its own address in vault.replicas, as manifests/chatelaine/config.yaml does.',
    ),
  ];
}
