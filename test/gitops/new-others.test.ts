import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Namespace, ResourceName } from '../../src/core/names.ts';
import type { EncryptedObject } from '../../src/core/ports/manifests.ts';
import { apply, folder, jellyfin, manifests, placeIn, textIn } from './repository.ts';

const listing = `${folder}/kustomization.yaml`;
const listed = { [listing]: 'resources:\n  - ./helmrelease.yaml\n' };

describe('a new Certificate', () => {
  const certificate = (...dnsNames: readonly string[]) => ({
    target: jellyfin,
    category: 'certificate' as const,
    dnsNames,
  });

  test('of the configured issuer, with every default spelled out', async () => {
    const plan = await manifests().newCertificate(
      placeIn(listed),
      certificate('jellyfin.example.org', '*.media.example.org'),
    );
    await expect(textIn(plan, `${folder}/certificate.yaml`)).toMatchFileSnapshot('goldens/certificate.yaml');
    expect(textIn(plan, listing)).toBe('resources:\n  - ./certificate.yaml\n  - ./helmrelease.yaml\n');
    expect(plan.object).toMatchObject({ kind: 'Certificate', secret: 'jellyfin-tls' });
  });

  test('of another issuer, and taken out again', async () => {
    const issuer = { kind: 'Issuer' as const, name: 'own' as ResourceName };
    const plan = await manifests().newCertificate(placeIn(listed), {
      ...certificate('a.example.org'),
      issuer,
    });
    expect(parse(textIn(plan, `${folder}/certificate.yaml`)).spec.issuerRef).toEqual({
      group: 'cert-manager.io',
      kind: 'Issuer',
      name: 'own',
    });
    const after = apply(listed, plan);
    const removal = await manifests().remove(placeIn(after), { kind: 'Certificate', target: jellyfin });
    expect(apply(after, removal)).toEqual(listed);
  });

  test.each([
    [[], 'none was given'],
    [
      ['Jellyfin.example.org'],
      '“Jellyfin.example.org” has upper-case letters: DNS makes no difference, authorities do',
    ],
    [['a.example.org', 'a.example.org'], '“a.example.org” is there twice'],
    [['jellyfin'], '“jellyfin” has no dot'],
    [['a.*.example.org'], '“a.*.example.org” has a * elsewhere than alone in front'],
    [['a*.example.org'], '“a*.example.org” has a * elsewhere than alone in front'],
    [['*.*.example.org'], '“*.*.example.org” has a * elsewhere than alone in front'],
    [['*.org'], '“*.org” is a wildcard for a whole top-level domain'],
    [
      ['-a.example.org'],
      '“-a.example.org” has a part that is empty, longer than 63 characters, or holds other than letters, digits and -',
    ],
    [
      ['a..org'],
      '“a..org” has a part that is empty, longer than 63 characters, or holds other than letters, digits and -',
    ],
    [
      ['а.example.org'],
      '“\\u{430}.example.org” has a part that is empty, longer than 63 characters, or holds other than letters, digits and -',
    ],
    [
      [`${'a'.repeat(64)}.org`],
      `“${'a'.repeat(39)}…” has a part that is empty, longer than 63 characters, or holds other than letters, digits and -`,
    ],
    [[`${'a.'.repeat(130)}org`], `“${'a.'.repeat(19)}a…” is longer than 253 characters`],
    [['192.168.1.1'], '“192.168.1.1” is an IP address'],
    [
      Array.from({ length: 101 }, (_, at) => `a${at}.example.org`),
      '101 are more than the 100 that authorities take',
    ],
  ])('names %j are refused', async (names, wrong) => {
    await expect(manifests().newCertificate(placeIn({}), certificate(...names))).rejects.toMatchObject({
      code: 'bad-argument',
      wrong,
    });
  });

  test('without any issuer is refused', async () => {
    await expect(
      manifests({ issuer: undefined }).newCertificate(placeIn({}), certificate('a.example.org')),
    ).rejects.toMatchObject({
      code: 'bad-argument',
      next: 'Name one, or set gitops.issuer of the configuration.',
    });
  });
});

describe('a new encrypted Secret', () => {
  const encrypted = (
    name = 'jellyfin',
    value = 'ENC[AES256_GCM,data:eA==,iv:eA==,tag:eA==,type:str]',
    field = 'data',
  ) =>
    `apiVersion: v1\nkind: Secret\nmetadata:\n  name: ${name}\n${field}:\n  key: ${value}\nsops:\n  mac: ENC[x]\n`;
  const ask = (text: string, seen: (path: string, object: EncryptedObject) => void = () => undefined) => ({
    target: jellyfin,
    category: 'bootstrap' as const,
    encrypted: (path: string, object: EncryptedObject) => {
      seen(path, object);
      return text;
    },
  });

  test('is made for the path where it goes, and listed', async () => {
    const path = `${folder}/secret.sops.yaml`;
    let seen: unknown;
    const plan = await manifests().newEncryptedSecret(
      placeIn(listed, { targetNamespace: 'media' as Namespace, substitute: {} }),
      ask(encrypted(), (...all) => {
        seen = all;
      }),
    );
    expect(seen).toEqual([path, { name: 'jellyfin', substituted: true }]);
    expect(plan.files).toEqual([
      { path, text: encrypted() },
      { path: listing, text: 'resources:\n  - ./helmrelease.yaml\n  - ./secret.sops.yaml\n' },
    ]);
    expect(plan.notes).toEqual([]);
  });

  test('beside another it gets a file of its own', async () => {
    const files = { [`${folder}/secret.sops.yaml`]: encrypted('other') };
    const plan = await manifests().newEncryptedSecret(placeIn(files), ask(encrypted()));
    expect(plan.object.path).toBe(`${folder}/secret-jellyfin.sops.yaml`);
  });

  test('is refused where Flux would fail at it', async () => {
    const place = placeIn(listed, { decrypts: false });
    const refused = manifests().newEncryptedSecret(place, ask(encrypted()));
    await expect(refused).rejects.toMatchObject({
      code: 'manifest-refused',
      wrong: expect.stringContaining('opens no encrypted files'),
    });
    const opened = manifests().newEncryptedSecret(placeIn(listed, { decrypts: true }), ask(encrypted()));
    await expect(opened).resolves.toMatchObject({ notes: [] });
  });

  test('says where Flux would change a value', async () => {
    const text = encrypted('jellyfin', undefined, 'stringData');
    const plan = await manifests().newEncryptedSecret(placeIn({}, { substitute: {} }), ask(text));
    expect(plan.notes).toHaveLength(1);
    expect((await manifests().newEncryptedSecret(placeIn({}), ask(text))).notes).toEqual([]);
  });

  test.each([
    ['that holds a value as it is', encrypted('jellyfin', 'planted'), 'a value in it is not encrypted'],
    ['of another name', encrypted('other'), 'the Secret has another name'],
    ['that SOPS has not touched', encrypted().replace(/sops:[^]*/, ''), 'it was not encrypted by SOPS'],
    ['with nothing in it', encrypted().replace(/\ndata:\n.*\n/, '\n'), 'the Secret holds nothing'],
    ['of another kind', encrypted().replace('kind: Secret', 'kind: ConfigMap'), 'it holds no Secret'],
    ['with more behind it', `${encrypted()}---\n${encrypted()}`, 'it holds several documents'],
  ])('%s is refused, without a word of it', async (_, text, wrong) => {
    const refused = manifests().newEncryptedSecret(placeIn({}), ask(text));
    await expect(refused).rejects.toMatchObject({ code: 'manifest-refused', wrong });
    await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining('planted') });
  });
});
