import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { readConfiguration } from '../../src/config/load-configuration.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { inspectAll } from '../../src/core/inspect-all.ts';
import { silentLog } from '../../src/core/log.ts';
import type { Finding } from '../../src/core/ports/inspect.ts';
import { startExamination } from '../../src/inspectors.ts';
import { bot } from '../servers/cluster.ts';
import { applyManifests, readManifests } from '../servers/manifests.ts';
import { until } from '../servers/until.ts';
import { paths, prepareWorld } from './kubernetes-world.ts';
import {
  type BotFiles,
  policyInForce,
  useCluster,
  type VaultCall,
  vaultCall,
  writeBotFiles,
} from './support.ts';

const manifests = join(import.meta.dirname, '..', '..', 'manifests');
const cluster = useCluster(async ({ adminApi, vault }) => {
  const root = vaultCall(vault.address, vault.rootToken);
  for (const name of ['jellyfin', 'bare']) {
    await root('POST', `kv/data/${name}`, { options: { cas: 0 }, data: { 'api-key': 'first' } });
  }
  await prepareWorld(adminApi);
  // A store that names an account of another namespace is never Ready: here everything has to be.
  await adminApi.need('DELETE', paths.ownStore);
});

let files: BotFiles;
let policy: string;
let asRoot: VaultCall;

beforeAll(async () => {
  const { vault } = cluster();
  files = await writeBotFiles(cluster());
  policy = await readFile(join(manifests, 'vault', 'chatelaine.hcl'), 'utf8');
  asRoot = vaultCall(vault.address, vault.rootToken);
  await policyInForce(await cluster().apiOf(bot));
});

interface Changes {
  readonly vault?: object;
  readonly kubernetes?: object;
  readonly grants?: readonly object[];
  readonly clock?: Clock;
}

/** What `chatelaine doctor` finds with the bot's own credentials and this configuration. */
async function examine({
  vault,
  kubernetes,
  grants,
  clock = systemClock,
}: Changes = {}): Promise<readonly Finding[]> {
  const { address } = cluster().vault;
  const text = stringify({
    vault: {
      address,
      replicas: [{ name: 'bao-0', address }],
      auth: { kubernetes: { tokenFile: files.vaultToken } },
      ...vault,
    },
    kubernetes: { server: cluster().url, tokenFile: files.kubernetesToken, caFile: files.ca, ...kubernetes },
    recovery: {},
    grants: grants ?? [{ to: ['U0ADMIN'], may: ['read', 'rotate', 'inspect'], namespaces: ['*'] }],
  });
  const loaded = readConfiguration(text, 'chatelaine.yaml', { env: {}, readFile: () => '' });
  const examination = await startExamination({ loaded, clock, log: silentLog, version: 'test' }, []);
  try {
    return await inspectAll(examination.inspectors, {
      signal: AbortSignal.timeout(60_000),
      requestId: 'doctor',
    });
  } finally {
    await examination.close();
  }
}

function wrongIn(found: readonly Finding[]): readonly string[] {
  return found
    .filter(({ state }) => state === 'fault' || state === 'doubt')
    .map(({ state, area, what, evidence }) => `${state}: ${area}: ${what} (${evidence})`);
}

/** Waits until a finding is there, since servers take a change up some moments after it was made; it has to name what mends it. */
async function expectFound(wanted: RegExp, changes: Changes = {}): Promise<void> {
  let found: readonly Finding[] = [];
  const look = async (): Promise<Finding | undefined> => {
    found = await examine(changes);
    return found.find(({ state, area, what, evidence }) =>
      wanted.test(`${state}: ${area}: ${what} (${evidence})`),
    );
  };
  const seen = await until(look, { what: String(wanted), pollMs: 300 }).catch((error: unknown) => {
    throw new Error(`${String(error)}; found:\n${wrongIn(found).join('\n')}`);
  });
  expect(seen?.fix).toBeDefined();
}

async function expectHealthy(): Promise<void> {
  let wrong: readonly string[] = [];
  const look = async (): Promise<boolean> => {
    wrong = wrongIn(await examine());
    return wrong.length === 0;
  };
  await until(look, { what: 'a healthy installation', pollMs: 300 }).catch((error: unknown) => {
    throw new Error(`${String(error)}; found:\n${wrong.join('\n')}`);
  });
}

/** Breaks something, looks, and mends it again, whatever came of it. */
async function broken(
  harm: () => Promise<unknown>,
  mend: () => Promise<unknown>,
  wanted: RegExp,
): Promise<void> {
  await harm();
  try {
    await expectFound(wanted);
  } finally {
    await mend();
  }
  await expectHealthy();
}

describe('a healthy installation', () => {
  test('has no fault and no doubt, and says what can not be seen', async () => {
    await expectHealthy();
    const found = await examine();
    expect(found.filter(({ state }) => state === 'good').map(({ what }) => what)).toEqual(
      expect.arrayContaining([
        'the bot can log in',
        'the policy gives what the bot needs',
        'the policy gives no way to read, replace or destroy a secret',
        'the account has the rights that the bot needs',
        'the account has no other rights',
        'the admission policy holds for ExternalSecret, Deployment, StatefulSet, DaemonSet, ClusterSecretStore',
        'Leases can be written in chatelaine',
        'the clock of bao-0 agrees with ours',
        'the clock of the API server agrees with ours',
        'external-secrets.io/v1 is served',
        'ClusterSecretStore vault is Ready',
      ]),
    );
    expect(found.filter(({ state }) => state === 'unknown').map(({ what }) => what)).toEqual([
      'whether kv requires check-and-set, and how many versions it keeps',
      'whether the policy lets custom_metadata alone be changed',
      'whether the audit log names who asked',
      'whether a stronger role is bound to the same ServiceAccount',
      'who else may write Leases in chatelaine',
    ]);
  });

  test('is not changed by looking, and no token is left behind', async () => {
    const { adminApi } = cluster();
    const all = async (): Promise<unknown> => [
      await adminApi
        .need('GET', '/apis/coordination.k8s.io/v1/namespaces/chatelaine/leases')
        .then(({ items }) => items),
      (await adminApi.need('GET', paths.deployment)).metadata.resourceVersion,
      (await asRoot('GET', 'auth/token/accessors?list=true')).body.data.keys.toSorted(),
    ];
    const before = await all();
    await examine();
    expect(await all()).toEqual(before);
  });
});

describe('the policy in Vault', () => {
  const write = (text: string) => asRoot('PUT', 'sys/policies/acl/chatelaine', { policy: text });

  test.each<[what: string, change: (text: string) => string, wanted: RegExp]>([
    [
      'lets values be read',
      (text) => text.replace('["create", "patch"]', '["create", "patch", "read"]'),
      /^fault: Vault: the bot may read values \(kv\/data\/bare: create patch read, kv\/data\/jellyfin/,
    ],
    [
      'lets one value be read',
      (text) => `${text}\npath "kv/data/jellyfin" { capabilities = ["create", "patch", "read"] }`,
      /^fault: Vault: the bot may read values \(kv\/data\/jellyfin: create patch read\)/,
    ],
    [
      'lets secrets be replaced',
      (text) => text.replace('["create", "patch"]', '["create", "patch", "update"]'),
      /^fault: Vault: the bot may replace or delete whole secrets/,
    ],
    [
      'lacks patch',
      (text) => text.replace('["create", "patch"]', '["create"]'),
      /^fault: Vault: the policy lacks patch on kv\/data \(kv\/data\/bare, kv\/data\/jellyfin\)/,
    ],
    [
      'lacks the names of properties',
      (text) => text.replace(/path "kv\/subkeys[^}]+\}/, ''),
      /^fault: Vault: the policy lacks read on kv\/subkeys/,
    ],
    [
      'is meant for other paths',
      (text) => text.replaceAll('kv/', 'other/'),
      /^fault: Vault: the policy gives nothing on any path/,
    ],
    [
      'leaves some paths out',
      (text) => text.replaceAll('/*"', '/jelly*"'),
      /^doubt: Vault: 1 of 2 paths .* outside the policy.*kv\/bare/,
    ],
    [
      'lets metadata be removed',
      (text) => text.replace('["read", "list", "patch"]', '["read", "list", "patch", "delete"]'),
      /^fault: Vault: the bot may change more of a secret’s metadata/,
    ],
    [
      'lets versions be destroyed',
      (text) => `${text}\npath "kv/destroy/*" { capabilities = ["update"] }`,
      /^fault: Vault: the bot may bring back or destroy versions, or change the mount/,
    ],
    [
      'lets policies be written',
      (text) => `${text}\npath "sys/policies/*" { capabilities = ["update"] }`,
      /^fault: Vault: the bot may change Vault itself.*sys\/policies/,
    ],
    [
      'is of an older version',
      (text) => text.replace(/path "sys\/capabilities-self"[^}]+\}/, ''),
      /^doubt: Vault: the policy is not the one of this version/,
    ],
  ])('%s', (_what, change, wanted) => {
    expect(change(policy)).not.toBe(policy);
    return broken(
      () => write(change(policy)),
      () => write(policy),
      wanted,
    );
  });
});

describe('the login to Vault', () => {
  const role = {
    bound_service_account_names: 'chatelaine',
    bound_service_account_namespaces: 'chatelaine',
    audience: 'vault',
    token_policies: 'chatelaine',
    token_no_default_policy: true,
    token_ttl: '15m',
    token_max_ttl: '8h',
  };
  const writeRole = (changes: object) =>
    asRoot('POST', 'auth/kubernetes/role/chatelaine', { ...role, ...changes });

  test('names a role that is not there', () =>
    expectFound(
      /^fault: Vault: the bot can't log in: Vault knows no such role \(auth\/kubernetes, role nobody\)/,
      {
        vault: { auth: { kubernetes: { role: 'nobody', tokenFile: files.vaultToken } } },
      },
    ));

  test('has a token for another audience', async () => {
    const tokenFile = join(cluster().folder, 'token-for-others');
    await writeFile(tokenFile, await cluster().tokenOf(bot, 'somebody-else'));
    await expectFound(
      /^fault: Vault: the bot can't log in: .*\(the token is of system:serviceaccount:chatelaine:chatelaine, for the audience somebody-else\)/,
      { vault: { auth: { kubernetes: { tokenFile } } } },
    );
  });

  test('is for another account', () =>
    broken(
      () => writeRole({ bound_service_account_names: 'other' }),
      () => writeRole({}),
      /^fault: Vault: the bot can't log in/,
    ));

  test('gives more policies than one', () =>
    broken(
      () => writeRole({ token_policies: 'chatelaine,external-secrets', token_no_default_policy: false }),
      () => writeRole({}),
      /^fault: Vault: the bot may read values/,
    ));

  test('gives the policy default', () =>
    broken(
      () => writeRole({ token_no_default_policy: false }),
      () => writeRole({}),
      /^doubt: Vault: the token has the policy `default`/,
    ));

  test('is with the token of root', async () => {
    const tokenFile = join(cluster().folder, 'root-token');
    await writeFile(tokenFile, 'root-token-of-the-test');
    await asRoot('POST', 'auth/token/create', { id: 'root-token-of-the-test' });
    await expectFound(/^fault: Vault: the bot has the root's token/, { vault: { auth: { tokenFile } } });
  });

  test('goes to an address where nothing is', () =>
    expectFound(/^fault: Vault: Vault refused the connection/, { vault: { address: 'http://127.0.0.1:9' } }));
});

describe('the admission policy', () => {
  const base = '/apis/admissionregistration.k8s.io/v1';
  const name = 'chatelaine-annotations-only';
  const binding = `${base}/validatingadmissionpolicybindings/${name}`;
  const wanted =
    /^fault: Kubernetes: the admission policy does not hold for ExternalSecret, Deployment, StatefulSet, DaemonSet/;
  const mend = async () =>
    applyManifests(
      cluster().adminApi,
      await readManifests(join(manifests, 'chatelaine', 'annotations-only.yaml')),
    );

  test('has no binding', () => broken(() => cluster().adminApi.need('DELETE', binding), mend, wanted));
  test('is not there', () =>
    broken(
      () => cluster().adminApi.need('DELETE', `${base}/validatingadmissionpolicies/${name}`),
      mend,
      wanted,
    ));
  test('only warns', () => {
    const act = (action: string) =>
      cluster().adminApi.patch('merge', binding, { spec: { validationActions: [action] } });
    return broken(
      () => act('Warn'),
      () => act('Deny'),
      wanted,
    );
  });
});

describe('the rights in the cluster', () => {
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  const mend = async () =>
    applyManifests(cluster().adminApi, await readManifests(join(manifests, 'chatelaine', 'rbac.yaml')));
  const role = `${rbac}/clusterroles/chatelaine`;

  async function withRule(rule: object, wanted: RegExp): Promise<void> {
    const { adminApi } = cluster();
    const { rules } = await adminApi.need('GET', role);
    await broken(() => adminApi.patch('merge', role, { rules: [...rules, rule] }), mend, wanted);
  }

  test.each<[what: string, rule: object, wanted: RegExp]>([
    [
      'Secrets',
      { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list'] },
      /^fault: Kubernetes: .* lead to Secrets.*\(get secrets \(everywhere\), list secrets \(everywhere\)\)/,
    ],
    [
      'everything',
      { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
      /^fault: Kubernetes: .* lead to Secrets.*\* \*\.\*/,
    ],
    [
      'pods',
      { apiGroups: [''], resources: ['pods'], verbs: ['create'] },
      /^fault: .*create pods \(everywhere\)/,
    ],
    [
      'tokens',
      { apiGroups: [''], resources: ['serviceaccounts/token'], verbs: ['create'] },
      /^fault: .*create serviceaccounts\/token/,
    ],
    [
      'other accounts',
      { apiGroups: [''], resources: ['users', 'groups'], verbs: ['impersonate'] },
      /^fault: .*impersonate users/,
    ],
    [
      'roles',
      { apiGroups: ['rbac.authorization.k8s.io'], resources: ['clusterroles'], verbs: ['bind', 'escalate'] },
      /^fault: .*escalate clusterroles/,
    ],
    [
      'ConfigMaps',
      { apiGroups: [''], resources: ['configmaps'], verbs: ['get'] },
      /^doubt: Kubernetes: .* does not need \(get configmaps \(everywhere\)\)/,
    ],
  ])('reach %s', (_what, rule, wanted) => withRule(rule, wanted));

  test('reach Secrets in one namespace alone', async () => {
    const { adminApi } = cluster();
    const inMedia = `${rbac}/namespaces/media`;
    await adminApi.need('POST', `${inMedia}/roles`, {
      metadata: { name: 'leak' },
      rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }],
    });
    const bind = () =>
      adminApi.need('POST', `${inMedia}/rolebindings`, {
        metadata: { name: 'leak' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'leak' },
        subjects: [{ kind: 'ServiceAccount', ...bot }],
      });
    await broken(
      bind,
      () => adminApi.need('DELETE', `${inMedia}/rolebindings/leak`),
      /^fault: .*get secrets \(in media\)/,
    );
  });

  test('leave out Leases', () =>
    broken(
      () => cluster().adminApi.need('DELETE', `${rbac}/namespaces/chatelaine/rolebindings/chatelaine`),
      mend,
      /^fault: Kubernetes: no Lease can be written in chatelaine/,
    ));

  test('leave out syncs', async () => {
    const { adminApi } = cluster();
    const { rules } = await adminApi.need('GET', role);
    const less = rules.map((rule: { resources: string[]; verbs: string[] }) =>
      rule.resources.includes('externalsecrets') ? { ...rule, verbs: ['get', 'list', 'watch'] } : rule,
    );
    await broken(
      () => adminApi.patch('merge', role, { rules: less }),
      mend,
      /^fault: Kubernetes: the account lacks rights .*\(patch externalsecrets\)/,
    );
  });

  test('are not the bot’s at all', async () => {
    const tokenFile = join(cluster().folder, 'token-of-another');
    await writeFile(tokenFile, await cluster().tokenOf({ namespace: 'chatelaine', name: 'default' }));
    await expectFound(/^doubt: Kubernetes: the bot is another account .*chatelaine:default/, {
      kubernetes: { tokenFile },
    });
    await expectFound(/^fault: Kubernetes: the account lacks rights that the bot needs/, {
      kubernetes: { tokenFile },
    });
  });

  test('are of nobody: the token is none', async () => {
    const tokenFile = join(cluster().folder, 'no-token');
    await writeFile(tokenFile, 'no-token-at-all');
    await expectFound(/^fault: Kubernetes: the API server does not accept the token of the bot/, {
      kubernetes: { tokenFile },
    });
  });

  test('are asked of an API server that is not there', () =>
    expectFound(/^fault: Kubernetes: the API server can not be reached/, {
      kubernetes: { server: 'https://127.0.0.1:9' },
    }));
});

describe('External Secrets', () => {
  const patchStore = (vault: object) =>
    cluster().adminApi.patch('merge', paths.store, { spec: { provider: { vault } } });
  const kubernetes = (role: string) => ({ auth: { kubernetes: { role } } });
  const mend = () =>
    patchStore({ server: cluster().vault.address, path: 'kv', ...kubernetes('external-secrets') });

  test('reads another server', () =>
    broken(
      () => patchStore({ server: 'http://127.0.0.1:9' }),
      mend,
      /^fault: External Secrets: no store reads the mount.*127\.0\.0\.1:9, mount kv/,
    ));
  test('reads another mount', () =>
    broken(
      () => patchStore({ path: 'other' }),
      mend,
      /^fault: External Secrets: no store reads the mount.*mount other/,
    ));
  test('logs in with a role that is not there', () =>
    broken(
      () => patchStore(kubernetes('nobody')),
      mend,
      /^fault: External Secrets: ClusterSecretStore vault is not Ready.*role nobody/,
    ));
  test('logs in with the role of the bot', () =>
    broken(
      () => patchStore(kubernetes('chatelaine')),
      mend,
      /^fault: External Secrets: ClusterSecretStore vault logs in with the bot’s own role/,
    ));

  test('is served in another version only', async () => {
    const { adminApi } = cluster();
    const path =
      '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/externalsecrets.external-secrets.io';
    const { spec } = await adminApi.need('GET', path);
    const serve = (v1: boolean) => {
      const versions = spec.versions.map((each: { name: string; served: boolean }) => ({
        ...each,
        served: each.name === 'v1' ? v1 : !v1,
      }));
      return adminApi.patch('merge', path, { spec: { versions } });
    };
    await broken(
      () => serve(false),
      () => serve(true),
      /^fault: External Secrets: external-secrets\.io\/v1 is not served for externalsecrets/,
    );
  });
});

describe('the rest', () => {
  test('clocks that are apart', async () => {
    const ahead: Clock = { ...systemClock, now: () => Date.now() + 10 * 60_000 };
    const found = wrongIn(await examine({ clock: ahead }));
    expect(found).toContainEqual(
      expect.stringMatching(/^fault: Vault: the clock of bao-0 is (?:9|10) min \d+ s behind ours/),
    );
    expect(found).toContainEqual(expect.stringMatching(/^fault: Kubernetes: the clock of the API server is/));
  });

  test('grants for namespaces that are not there, and for everybody', async () => {
    const grants = [{ to: ['*'], may: ['rotate'], namespaces: ['media', 'no-such'] }];
    const found = wrongIn(await examine({ grants }));
    expect(found).toEqual([
      expect.stringContaining('grants[0] lets every full member of the workspace rotate'),
      expect.stringContaining('grants name namespaces that do not exist (grants[0]: no-such)'),
    ]);
  });

  test('a namespace of its own that is not there', () =>
    expectFound(/^fault: Kubernetes: no Lease can be written in elsewhere/, {
      kubernetes: { namespace: 'elsewhere' },
    }));

  // The last: it is in memory, and stays sealed.
  test('a Vault that is sealed', async () => {
    await asRoot('PUT', 'sys/seal');
    await expectFound(/^fault: Vault: no replica is active/);
    await expectFound(/^fault: Vault: bao-0 is sealed/);
  });
});
