import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Namespace, PropertyName, ResourceName } from '../../src/core/names.ts';
import { type Files, folder, jellyfin, manifests, placeIn, textIn, wanted } from './repository.ts';

const file = `${folder}/externalsecret.yaml`;
const listing = `${folder}/kustomization.yaml`;
const schemaLine = '# yaml-language-server: $schema=https://schemas.example.org/externalsecret_v1.json';

const neighbour = `---
${schemaLine}
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: homarr
spec:
  secretStoreRef:
    kind: ClusterSecretStore
    name: vault
  target:
    name: homarr-secret
  dataFrom:
    - extract:
        key: home/homarr
`;

const home: Files = {
  'kubernetes/apps/home/homarr/app/externalsecret.yaml': neighbour,
  'kubernetes/apps/media/jellyfin/ks.yaml': 'kind: Kustomization\n',
  [`${folder}/helmrelease.yaml`]:
    '---\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata:\n  name: jellyfin\n',
  [listing]: '---\nkind: Kustomization\nresources:\n  - ./helmrelease.yaml\n',
};

describe('a new ExternalSecret', () => {
  test('by data, where nothing else is: as the configuration says', async () => {
    const plan = await manifests().newExternalSecret(placeIn({}), wanted('api-key', 'db-password'));
    await expect(textIn(plan, file)).toMatchFileSnapshot('goldens/data.yaml');
    expect(plan.files).toHaveLength(1);
    expect(plan.object).toEqual({
      kind: 'ExternalSecret',
      target: jellyfin,
      path: file,
      secret: 'jellyfin-secret',
    });
    expect(plan.notes).toEqual([]);
  });

  test('by extract, with a template of what is taken', async () => {
    const ask = { ...wanted('API_KEY', 'db-password'), how: 'extract' as const };
    const plan = await manifests().newExternalSecret(placeIn({}), ask);
    await expect(textIn(plan, file)).toMatchFileSnapshot('goldens/extract.yaml');
  });

  test('among others: their comment and spelling, no namespace where Flux sets it, and listed', async () => {
    const place = placeIn(home, { targetNamespace: 'media' as Namespace, substitute: { APP: 'jellyfin' } });
    const plan = await manifests().newExternalSecret(place, wanted('api-key'));
    await expect(textIn(plan, file)).toMatchFileSnapshot('goldens/like-its-neighbours.yaml');
    await expect(textIn(plan, listing)).toMatchFileSnapshot('goldens/kustomization.yaml');
    expect(plan.files.map(({ path }) => path)).toEqual([file, listing]);
  });

  test('its keys in the Secret may have other names', async () => {
    const properties = [{ property: 'api-key' as PropertyName, secretKey: 'JELLYFIN_API_KEY' }];
    const plan = await manifests().newExternalSecret(placeIn({}), { ...wanted(), properties });
    expect(parse(textIn(plan, file)).spec.data[0]).toMatchObject({
      secretKey: 'JELLYFIN_API_KEY',
      remoteRef: { property: 'api-key' },
    });
  });

  test('holds nothing that Flux would substitute', async () => {
    const place = placeIn(home, { targetNamespace: 'media' as Namespace, substitute: {} });
    for (const how of ['data', 'extract'] as const) {
      const plan = await manifests().newExternalSecret(place, { ...wanted('api-key', 'B'), how });
      expect(JSON.stringify(parse(textIn(plan, file)))).not.toContain('$');
    }
  });

  test.each([
    [
      'four spaces and flat lists',
      neighbour.replace(/^( +)/gm, '$1$1').replace('        - extract', '    - extract'),
      'indented.yaml',
    ],
    [
      'no marker, no comment, the mount in the key',
      neighbour
        .replace(/^---\n.*\n/, '')
        .replace('home/homarr', 'kv/home/homarr')
        .replace('homarr-secret', 'homarr'),
      'bare.yaml',
    ],
  ])('neighbours with %s', async (_, text, name) => {
    const files = { 'kubernetes/apps/media/other/app/externalsecret.yaml': text };
    const plan = await manifests().newExternalSecret(placeIn(files), wanted('api-key'));
    await expect(textIn(plan, file)).toMatchFileSnapshot(`goldens/${name}`);
  });

  test('the spelling of another store’s neighbours is not taken over', async () => {
    const files = {
      'kubernetes/apps/media/other/app/externalsecret.yaml': neighbour.replace('name: vault', 'name: other'),
    };
    const plan = await manifests().newExternalSecret(placeIn(files), wanted('api-key'));
    expect(textIn(plan, file)).toContain('key: kv/data/media/jellyfin');
  });

  test('beside another ExternalSecret it gets a file of its own', async () => {
    const files = { [file]: neighbour, [listing]: 'resources:\n  - ./externalsecret.yaml\n' };
    const plan = await manifests().newExternalSecret(placeIn(files), wanted('api-key'));
    expect(plan.object.path).toBe(`${folder}/externalsecret-jellyfin.yaml`);
    expect(textIn(plan, listing)).toBe(
      'resources:\n  - ./externalsecret-jellyfin.yaml\n  - ./externalsecret.yaml\n',
    );
  });

  test('where only a folder above lists files, it is listed there', async () => {
    const above = 'kubernetes/apps/media/kustomization.yaml';
    const files = { [above]: 'namespace: media\nresources:\n  - ./jellyfin/app/helmrelease.yaml\n' };
    const plan = await manifests().newExternalSecret(
      placeIn(files, { path: './kubernetes/apps' }),
      wanted('api-key'),
    );
    expect(textIn(plan, above)).toContain('  - ./jellyfin/app/externalsecret.yaml\n');
    expect(parse(textIn(plan, file)).metadata).toEqual({ name: 'jellyfin' });
  });

  test('where nothing is known to build the folder, it says so', async () => {
    const plan = await manifests().newExternalSecret(placeIn({}, 'none'), wanted('api-key'));
    expect(plan.notes).toEqual([
      `Only ${folder} was looked through for the same names.`,
      `No Kustomization of Flux is known to build ${folder}, and nothing there lists files: see that it is applied.`,
    ]);
  });

  test.each([
    ['1h', '1h0m0s'],
    ['90m', '1h30m0s'],
    ['45s', '45s'],
    ['120s', '2m0s'],
    ['2h30m', '2h30m0s'],
    ['0s', '0s'],
  ])('reads every %s, and writes it as Go does: %s', async (refreshInterval, written) => {
    const plan = await manifests({ refreshInterval }).newExternalSecret(placeIn({}), wanted('a'));
    expect(parse(textIn(plan, file)).spec.refreshInterval).toBe(written);
  });

  test('the same commit gives the same plan', async () => {
    const once = await manifests().newExternalSecret(placeIn(home), wanted('api-key'));
    expect(await manifests().newExternalSecret(placeIn(home), wanted('api-key'))).toEqual(once);
  });
});

describe('a new ExternalSecret is refused', () => {
  const own = neighbour.replaceAll('homarr', 'jellyfin');
  test.each<[string, Files, Parameters<typeof placeIn>[1], object]>([
    [
      'where one of its name is in the folder',
      { [`${folder}/other.yaml`]: own },
      {},
      { code: 'manifest-exists', wrong: `${folder}/other.yaml has one of this name already` },
    ],
    [
      'where the name is made of a variable',
      { [`${folder}/other.yaml`]: own.replace('name: jellyfin', `name: \${APP}`) },
      { substitute: { APP: 'jellyfin' } },
      { code: 'manifest-exists' },
    ],
    [
      'where one is in another folder that Flux builds with it',
      {
        'kubernetes/apps/kustomization.yaml': 'resources:\n  - ./media/jellyfin/app\n  - ./elsewhere\n',
        [listing]: 'resources: []\n',
        'kubernetes/apps/elsewhere/all.yaml': `kind: ConfigMap\n---\n${own}`,
      },
      { path: './kubernetes/apps' },
      { code: 'manifest-exists', wrong: 'kubernetes/apps/elsewhere/all.yaml has one of this name already' },
    ],
    [
      'where another makes its Secret',
      { [`${folder}/other.yaml`]: own.replace('name: jellyfin\n', 'name: other\n') },
      {},
      {
        code: 'manifest-exists',
        wrong: `the Secret jellyfin-secret is made already, by the ExternalSecret of ${folder}/other.yaml`,
      },
    ],
    [
      'where the folder goes to another namespace',
      {},
      { targetNamespace: 'home' as Namespace },
      {
        code: 'manifest-refused',
        wrong: 'everything in this folder goes to the namespace home, not to media',
      },
    ],
    [
      'where names are changed',
      { [listing]: 'namePrefix: a-\nresources: []\n' },
      {},
      { code: 'manifest-refused', wrong: `${listing} renames what it lists (namePrefix)` },
    ],
    [
      'where the list can’t be edited',
      { [listing]: 'resources: &a [x.yaml]\n' },
      {},
      { code: 'manifest-not-editable' },
    ],
  ])('%s', async (_, files, covering, error) => {
    await expect(
      manifests().newExternalSecret(placeIn(files, covering), wanted('api-key')),
    ).rejects.toMatchObject(error);
  });

  test.each<[string, readonly { property: string; secretKey?: string }[], string]>([
    ['without properties', [], 'none was named'],
    ['with one twice', [{ property: 'a' }, { property: 'a', secretKey: 'b' }], 'a is there twice'],
    ['with two in one key', [{ property: 'a' }, { property: 'b', secretKey: 'a' }], 'a is there twice'],
    ['with a key that climbs', [{ property: 'a', secretKey: '..' }], 'a key is none that a Secret may have'],
    [
      'with a key that ends the line',
      [{ property: 'a', secretKey: 'a: b' }],
      'a key is none that a Secret may have',
    ],
  ])('%s', async (_, properties, wrong) => {
    const ask = { ...wanted(), properties: properties as ReturnType<typeof wanted>['properties'] };
    await expect(manifests().newExternalSecret(placeIn({}), ask)).rejects.toMatchObject({
      code: 'bad-argument',
      wrong,
    });
  });

  test('by the cluster’s schema, where the operator is another', async () => {
    const store = { kind: 'ClusterSecretStore', name: 1 as unknown as string } as const;
    await expect(manifests({ store }).newExternalSecret(placeIn({}), wanted('a'))).rejects.toMatchObject({
      code: 'manifest-refused',
      wrong: 'spec.secretStoreRef.name must be string',
    });
  });
});

test('names that YAML takes for something else stay names', async () => {
  for (const name of ['no', 'on', '1e3', '0x1f', '1970-01-01', 'null', '12']) {
    const target = { ...jellyfin, name: name as ResourceName };
    const plan = await manifests().newExternalSecret(placeIn({}), { ...wanted('yes', '0123'), target });
    const text = textIn(plan, plan.object.path);
    for (const version of ['1.1', '1.2'] as const) {
      expect(parse(text, { version }).metadata.name).toBe(name);
      expect(parse(text, { version }).spec.data.map((each: { secretKey: string }) => each.secretKey)).toEqual(
        ['yes', '0123'],
      );
    }
  }
});
