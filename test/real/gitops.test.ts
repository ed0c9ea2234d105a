import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { systemClock } from '../../src/core/clock.ts';
import type { Namespace, PropertyName, ResourceName, VaultPath } from '../../src/core/names.ts';
import type { Place, Plan } from '../../src/core/ports/manifests.ts';
import { SecretValue } from '../../src/core/secret-value.ts';
import { manifestsBy } from '../../src/gitops/manifests.ts';
import { readSchema } from '../../src/kubernetes/read-schema.ts';
import { createEncrypter } from '../../src/sops/create-encrypter.ts';
import { type Files, placeIn, settings, textIn } from '../gitops/repository.ts';
import type { Answer } from '../servers/api.ts';
import { type BareRepository, type Changes, makeBareRepository } from '../servers/bare-repository.ts';
import { bot } from '../servers/cluster.ts';
import { applyFolder, type FluxFolder, isReady } from '../servers/flux-folder.ts';
import { makeAgeKey } from '../servers/sops.ts';
import { until } from '../servers/until.ts';
import { vaultCall } from './support.ts';
import { useClusterWith } from './use-cluster-with.ts';

const externalSecrets = '/apis/external-secrets.io/v1/namespaces/media/externalsecrets';
const certificates = '/apis/cert-manager.io/v1/namespaces/media/certificates';
const url = 'https://git.example.org/home/cluster.git';
const apps = 'kubernetes/apps/media';
const forms = ['data', 'extract'] as const;

const cluster = useClusterWith({ flux: true, certManager: true });
let repository: BareRepository;
let folder: FluxFolder;
/** What is on the branch. */
const files: Record<string, string> = {};

/** As the bot asks: under its own account, which has no right of its own for this. */
async function manifests() {
  const asBot = await cluster().apiOf(bot);
  const call = { signal: AbortSignal.timeout(60_000), requestId: 'test' };
  return manifestsBy(settings, (kind) =>
    readSchema(({ method, path }) => asBot.need(method, path), kind, call),
  );
}

const target = (name: string) => ({ namespace: 'media' as Namespace, name: name as ResourceName });

/** In the usual layout the namespace is Flux's to set, and it substitutes. */
function place(seen: Files): Place {
  return placeIn(seen, { path: `./${apps}`, targetNamespace: 'media' as Namespace, substitute: {} });
}

async function plannedSecret(name: string, how: (typeof forms)[number], at: Place): Promise<Plan> {
  return (await manifests()).newExternalSecret(at, {
    target: target(name),
    category: 'application',
    path: `media/${name}` as VaultPath,
    properties: ['api-key', 'USER'].map((property) => ({ property: property as PropertyName })),
    how,
  });
}

async function plannedCertificate(at: Place): Promise<Plan> {
  return (await manifests()).newCertificate(at, {
    target: target('jellyfin'),
    category: 'certificate',
    dnsNames: ['jellyfin.example.org', '*.media.example.org'],
  });
}

async function commit(message: string, changes: Changes): Promise<string> {
  for (const [path, text] of Object.entries(changes)) {
    if (text === null) delete files[path];
    else files[path] = text;
  }
  return repository.commit('main', message, changes);
}

function changesOf({ files: planned }: Plan): Changes {
  return Object.fromEntries(planned.map((file) => [file.path, 'text' in file ? file.text : null]));
}

/** Commits a plan as it is, and has Flux apply it. */
async function applyPlan(plan: Plan): Promise<void> {
  const made = await commit('Propose', changesOf(plan));
  await folder.reconcile();
  await folder.applied(made);
}

/** An app that is there already, its folder built by a kustomization of its own. */
function appOf(name: string): Changes {
  const kustomization = `---
# yaml-language-server: $schema=https://json.schemastore.org/kustomization
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - ./configmap.yaml
`;
  const configMap = `---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  app: \${APP}\n`;
  return {
    [`${apps}/${name}/app/kustomization.yaml`]: kustomization,
    [`${apps}/${name}/app/configmap.yaml`]: configMap,
  };
}

beforeAll(async () => {
  const { adminApi, vault, folder: place_ } = cluster();
  await adminApi.need('POST', '/api/v1/namespaces', { metadata: { name: 'media' } });
  const root = vaultCall(vault.address, vault.rootToken);
  for (const name of forms) {
    await root('POST', `kv/data/media/${name}`, { options: { cas: 0 }, data: { 'api-key': 'a', USER: 'b' } });
  }
  const key = await makeAgeKey();
  await adminApi.need('POST', '/api/v1/namespaces/flux-system/secrets', {
    metadata: { name: 'sops-age' },
    stringData: { 'identity.agekey': key.identity },
  });
  repository = await makeBareRepository(join(place_, 'cluster.git'));
  cluster().flux.source.serve(url, repository.folder);
  const rule = { path_regex: '\\.sops\\.ya?ml$', encrypted_regex: '^(data|stringData)$', age: key.recipient };
  const begun = await commit('Begin', {
    ...appOf('data'),
    ...appOf('extract'),
    ...appOf('jellyfin'),
    ...appOf('keys'),
    '.sops.yaml': JSON.stringify({ creation_rules: [{ ...rule, mac_only_encrypted: true }] }),
  });
  folder = await applyFolder(adminApi, {
    namespace: 'flux-system',
    name: 'apps',
    url,
    path: `./${apps}`,
    spec: {
      targetNamespace: 'media',
      postBuild: { substitute: { APP: 'byhand' } },
      decryption: { provider: 'sops', secretRef: { name: 'sops-age' } },
    },
  });
  await folder.applied(begun);
});

describe('what the bot proposes, at the real API server', () => {
  test.each(forms)('an ExternalSecret by %s is taken, and nothing is added to it', async (how) => {
    const plan = await plannedSecret(`dry-${how}`, how, placeIn({}));
    const manifest = parse(textIn(plan, plan.object.path));
    const path = `${externalSecrets}/dry-${how}?fieldManager=test&fieldValidation=Strict&dryRun=All`;
    const { status, body } = await cluster().adminApi.patch('apply', path, manifest);
    expect(status, JSON.stringify(body)).toBe(201);
    expect(body.spec).toEqual(manifest.spec);
  });

  test('a Certificate is taken, and nothing is added to it', async () => {
    const plan = await plannedCertificate(placeIn({}));
    const manifest = parse(textIn(plan, plan.object.path));
    const path = `${certificates}/jellyfin?fieldManager=test&fieldValidation=Strict&dryRun=All`;
    const { status, body } = await cluster().adminApi.patch('apply', path, manifest);
    expect(status, JSON.stringify(body)).toBe(201);
    expect(body.spec).toEqual(manifest.spec);
  });
});

describe('what the bot proposes, applied by Flux', () => {
  test('stays as it is: neither Flux nor the operators change it again', async () => {
    for (const name of forms) await applyPlan(await plannedSecret(name, name, place(files)));
    await applyPlan(await plannedCertificate(place(files)));
    expect(files[`${apps}/data/app/kustomization.yaml`]).toContain('- ./externalsecret.yaml\n');
    const seen = [...forms.map((name) => `${externalSecrets}/${name}`), `${certificates}/jellyfin`];
    for (const name of forms) {
      await until(async () => isReady(await object(name)), {
        what: `${name} to be Ready`,
        deadlineMs: 60_000,
      });
    }
    // cert-manager has looked at it as well: there is no such issuer.
    await folder.seen('cert-manager to have looked', ({ status }) => status?.conditions, seen.at(-1));
    const look = (): Promise<Answer['body'][]> => Promise.all(seen.map((path) => folder.read(path)));
    const before = await look();
    await folder.reconcile();
    await folder.reconcile();
    const after = await look();
    expect(after.map(stable)).toEqual(before.map(stable));
    for (const { metadata } of after) expect(metadata.generation).toBe(1);
  });

  test('a key added to its file is all that changes, and a property taken out takes its keys along', async () => {
    const change = {
      target: target('data'),
      path: 'media/data' as VaultPath,
      properties: [{ property: 'USER' as PropertyName, secretKey: 'LOGIN' }],
    };
    const before = await object('data');
    await applyPlan(await (await manifests()).addProperties(place(files), change));
    const added = await object('data');
    expect(added.metadata.generation).toBe(2);
    expect({ ...added.spec, data: added.spec.data.slice(0, 2) }).toEqual(before.spec);
    expect(added.spec.data[2]).toEqual({ ...before.spec.data[1], secretKey: 'LOGIN' });
    await until(async () => (await keysOf('data-secret')).includes('LOGIN'), {
      what: 'the Secret to have it',
    });
  });

  test('a whole ExternalSecret taken out of Git goes, and its folder is built as before', async () => {
    const plan = await (await manifests()).remove(place(files), {
      kind: 'ExternalSecret',
      target: target('extract'),
    });
    await applyPlan(plan);
    const { status } = await cluster().adminApi.call('GET', `${externalSecrets}/extract`);
    expect(status).toBe(404);
    expect(files[`${apps}/extract/app/kustomization.yaml`]).toBe(
      appOf('extract')[`${apps}/extract/app/kustomization.yaml`],
    );
  });

  test('an encrypted Secret is decrypted on the way, whatever Flux would substitute in it', async () => {
    const encrypter = createEncrypter({ random: randomBytes, clock: systemClock });
    const values = new Map(
      ['${APP}', 'two\nlines\n', 'größer 漢字 "x" $${APP}'].map((text, index) => [
        `key-${index}` as PropertyName,
        new SecretValue(text),
      ]),
    );
    const plan = await (await manifests()).newEncryptedSecret(place(files), {
      target: target('keys'),
      category: 'bootstrap',
      encrypted: (path, object_) =>
        encrypter.encryptSecret(
          { ...object_, type: 'Opaque', labels: {}, values },
          encrypter.ruleFor({ path: '.sops.yaml', text: files['.sops.yaml'] ?? '' }, path),
        ),
    });
    await applyPlan(plan);
    const read = () =>
      cluster().adminApi.need('GET', `/api/v1/namespaces/media/secrets/${plan.object.secret}`);
    const secret = await read();
    const texts = Object.keys(secret.data)
      .toSorted()
      .map((name) => Buffer.from(secret.data[name], 'base64').toString());
    expect(texts).toEqual(['${APP}', 'two\nlines\n', 'größer 漢字 "x" $${APP}']);
    await folder.reconcile();
    expect((await read()).metadata.resourceVersion).toBe(secret.metadata.resourceVersion);
  });
});

function object(name: string): Promise<Answer['body']> {
  return folder.read(`${externalSecrets}/${name}`);
}

async function keysOf(secret: string): Promise<readonly string[]> {
  const { body } = await cluster().adminApi.call('GET', `/api/v1/namespaces/media/secrets/${secret}`);
  return Object.keys(body?.data ?? {});
}

/** What Flux and the operators would change if they did not agree. */
function stable({ metadata, spec }: Answer['body']): object {
  const applied = metadata.managedFields.filter((each: Answer['body']) => each.subresource === undefined);
  return { spec, generation: metadata.generation, applied };
}
