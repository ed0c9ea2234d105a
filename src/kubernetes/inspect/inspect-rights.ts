import pLimit from 'p-limit';
import { z } from 'zod';
import { count } from '../../core/count.ts';
import { some, type Worse } from '../../core/findings.ts';
import type { Call } from '../../core/ports/call.ts';
import type { Finding } from '../../core/ports/inspect.ts';
import type { KubernetesApi } from '../api.ts';
import { listOf } from '../lists.ts';
import { applyRights, findings } from './findings.ts';
import { judgeRules } from './judge-rules.ts';
import { type NeededRight, neededRights, type Place, type Places } from './needed-rights.ts';

const Access = z.object({ status: z.object({ allowed: z.boolean() }) });
const texts = listOf(z.string());
const Rules = z.object({
  status: z.object({
    incomplete: z.boolean().catch(false),
    resourceRules: listOf(z.object({ verbs: texts, apiGroups: texts, resources: texts })),
  }),
});

/** Side by side, so that an API server far away is not asked for seconds. */
const atOnce = 6;
const mostNamespaces = 100;

/** Whether the account has the rights that manifests/ gives in these places. */
export async function inspectNeeds(
  api: KubernetesApi,
  places: Places,
  call: Call,
): Promise<readonly Finding[]> {
  const limit = pLimit(atOnce);
  const needed = neededRights.filter(({ only }) => only === undefined || places[only] !== undefined);
  const asked = await Promise.all(
    needed.flatMap((right) =>
      right.verbs.map((verb) =>
        limit(async () => ({ right, verb, allowed: await isAllowed(api, { right, verb, places }, call) })),
      ),
    ),
  );
  const missing = asked.filter(({ allowed }) => !allowed);
  if (missing.length === 0) {
    return [
      findings.good(
        'the account has the rights that the bot needs',
        `${asked.length} asked by SelfSubjectAccessReview`,
      ),
    ];
  }
  const told = (which: boolean): readonly string[] =>
    missing
      .filter(({ right }) => (right.dispensable ?? false) === which)
      .map(
        ({ right, verb }) =>
          `${verb} ${right.resource}${right.only === undefined ? '' : ` in ${places[right.only]}`}`,
      );
  return [
    ...lacking('the account lacks rights that the bot needs', told(false), findings.fault),
    ...lacking(
      'the account lacks rights without which answers are less complete',
      told(true),
      findings.doubt,
    ),
  ];
}

function lacking(what: string, names: readonly string[], worse: Worse): readonly Finding[] {
  return names.length === 0 ? [] : [worse(what, some(names, 6), applyRights)];
}

async function isAllowed(
  api: KubernetesApi,
  { right, verb, places }: { readonly right: NeededRight; readonly verb: string; readonly places: Places },
  call: Call,
): Promise<boolean> {
  const { group, only } = right;
  const [resource, subresource = ''] = right.resource.split('/');
  const namespace = only === undefined ? undefined : places[only];
  const resourceAttributes = {
    group,
    resource,
    verb,
    ...(subresource === '' ? {} : { subresource }),
    ...(namespace === undefined ? {} : { namespace }),
  };
  const doing = 'asking Kubernetes what the bot may do';
  const answer = await api.review('SelfSubjectAccessReview', { resourceAttributes }, doing, call);
  return Access.safeParse(answer).data?.status.allowed ?? false;
}

/** Whether it has more, in any namespace: a RoleBinding somewhere is enough. */
export async function inspectExcess(
  api: KubernetesApi,
  places: Places,
  namespaces: readonly string[],
  call: Call,
): Promise<readonly Finding[]> {
  const ours = Object.values(places);
  const asked = [...new Set([...ours, ...namespaces])].slice(0, mostNamespaces);
  const limit = pLimit(atOnce);
  const answers = await Promise.all(
    asked.map((namespace) => limit(async () => ({ namespace, ...(await rulesIn(api, namespace, call)) }))),
  );
  const where = new Map<string, { readonly harmful: boolean; readonly namespaces: string[] }>();
  for (const { namespace, rules } of answers) {
    for (const { right, harmful } of judgeRules(rules, placeOf(namespace, places))) {
      const known = where.get(right) ?? { harmful, namespaces: [] };
      if (!known.namespaces.includes(namespace)) known.namespaces.push(namespace);
      where.set(right, known);
    }
  }
  const told = (isHarmful: boolean): readonly string[] =>
    [...where]
      .filter(([, { harmful }]) => harmful === isHarmful)
      .map(([right, { namespaces: all }]) => `${right} (${describePlaces(all, asked.length)})`);
  const [harmful, harmless] = [told(true), told(false)];
  return [
    ...exceeding('the account has rights that lead to Secrets or to more rights', harmful, findings.fault),
    ...exceeding('the account has rights that the bot does not need', harmless, findings.doubt),
    ...(harmful.length + harmless.length > 0
      ? []
      : [
          findings.good(
            'the account has no other rights',
            `SelfSubjectRulesReview in ${count(asked.length, 'namespace')}`,
          ),
        ]),
    ...(answers.some(({ incomplete }) => incomplete)
      ? [
          findings.unknown(
            'whether that is all of its rights',
            'the API server says that its answer is not complete: it asks somebody else, too',
          ),
        ]
      : []),
  ];
}

function placeOf(namespace: string, { own, snapshots }: Places): Place | undefined {
  if (namespace === own) return 'own';
  return namespace === snapshots ? 'snapshots' : undefined;
}

function exceeding(what: string, rights: readonly string[], worse: Worse): readonly Finding[] {
  if (rights.length === 0) return [];
  const fix = [
    'Find what binds it: ',
    { code: 'kubectl get clusterrolebindings,rolebindings -A -o wide | grep chatelaine' },
    '; manifests/chatelaine/rbac.yaml and manifests/vault-snapshots are all it needs',
  ];
  return [worse(what, some(rights, 6), fix)];
}

async function rulesIn(api: KubernetesApi, namespace: string, call: Call) {
  const doing = `asking Kubernetes what the bot may do in ${namespace}`;
  const answer = await api.review('SelfSubjectRulesReview', { namespace }, doing, call);
  const read = Rules.safeParse(answer).data?.status;
  return { rules: read?.resourceRules ?? [], incomplete: read?.incomplete ?? true };
}

function describePlaces(namespaces: readonly string[], all: number): string {
  return namespaces.length === all && all > 1 ? 'everywhere' : `in ${some(namespaces)}`;
}
