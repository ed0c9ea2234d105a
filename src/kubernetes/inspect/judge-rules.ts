import { everybodysRights, neededRights, type Place } from './needed-rights.ts';

/** One rule as SelfSubjectRulesReview tells it; `*` stands for any. */
export interface Rule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
}

/** One right beyond those that are needed. */
export interface Excess {
  /** `get secrets`, `* *.apps`. */
  readonly right: string;
  /** Whether it is a way to a Secret, or to more rights. */
  readonly harmful: boolean;
}

interface Danger {
  readonly group: string;
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const any = ['*'];
const write = ['create', 'update', 'patch'];

/**
 * Threats, one a line: a Secret itself; a pod of one's own that mounts it; a running pod that has it; another account's
 * token; another account; the rules that hold the bot back; what External Secrets reads and where it puts it; what
 * Flux applies, with rights of its own; what certificates are signed with and where their keys go.
 */
const dangers: readonly Danger[] = [
  { group: '', resources: ['secrets'], verbs: any },
  { group: '', resources: ['pods', 'replicationcontrollers', 'podtemplates'], verbs: write },
  { group: 'apps', resources: any, verbs: [...write, 'delete', 'deletecollection'] },
  { group: 'batch', resources: any, verbs: write },
  {
    group: '',
    resources: [
      'pods/exec',
      'pods/attach',
      'pods/ephemeralcontainers',
      'pods/portforward',
      'pods/proxy',
      'nodes/proxy',
    ],
    verbs: any,
  },
  { group: '', resources: ['serviceaccounts/token'], verbs: ['create'] },
  { group: '', resources: ['serviceaccounts', 'users', 'groups'], verbs: ['impersonate'] },
  { group: 'authentication.k8s.io', resources: any, verbs: ['impersonate'] },
  { group: 'rbac.authorization.k8s.io', resources: any, verbs: [...write, 'escalate', 'bind'] },
  { group: 'admissionregistration.k8s.io', resources: any, verbs: [...write, 'delete', 'deletecollection'] },
  { group: 'certificates.k8s.io', resources: any, verbs: [...write, 'approve', 'sign'] },
  { group: 'external-secrets.io', resources: any, verbs: [...write, 'delete', 'deletecollection'] },
  { group: 'generators.external-secrets.io', resources: any, verbs: write },
  { group: 'kustomize.toolkit.fluxcd.io', resources: any, verbs: write },
  { group: 'source.toolkit.fluxcd.io', resources: any, verbs: write },
  { group: 'cert-manager.io', resources: any, verbs: write },
];

/** Every right of these rules that the bot does not need in a namespace: one of its places, or any other. */
export function judgeRules(rules: readonly Rule[], place?: Place): readonly Excess[] {
  return rules.flatMap(({ verbs, apiGroups, resources }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        verbs.flatMap((verb) => {
          const right = { group, resource, verb };
          if (isNeeded(right, place)) return [];
          return [{ right: describe(right), harmful: dangers.some((danger) => reaches(right, danger)) }];
        }),
      ),
    ),
  );
}

interface Right {
  readonly group: string;
  readonly resource: string;
  readonly verb: string;
}

function isNeeded({ group, resource, verb }: Right, place: Place | undefined): boolean {
  return [...neededRights, ...everybodysRights].some(
    (need) =>
      need.group === group &&
      need.resource === resource &&
      need.verbs.includes(verb) &&
      (need.only === undefined || need.only === place),
  );
}

function reaches({ group, resource, verb }: Right, danger: Danger): boolean {
  const meets = (given: string, listed: readonly string[]): boolean =>
    given === '*' || listed.includes('*') || listed.includes(given);
  return meets(group, [danger.group]) && meets(resource, danger.resources) && meets(verb, danger.verbs);
}

function describe({ group, resource, verb }: Right): string {
  return `${verb} ${resource}${group === '' ? '' : `.${group}`}`;
}
