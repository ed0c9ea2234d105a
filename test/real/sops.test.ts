import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { Namespace, PropertyName, ResourceName } from '../../src/core/names.ts';
import { SecretValue } from '../../src/core/secret-value.ts';
import { chooseRule } from '../../src/sops/choose-rule.ts';
import { createEncrypter } from '../../src/sops/create-encrypter.ts';
import { encryptDocument } from '../../src/sops/encrypt-document.ts';
import { hunt } from '../bot/hunt.ts';
import { decrypt, encrypt, runSops } from '../servers/sops.ts';
import { cases, selections } from '../sops/arbitrary-document.ts';
import { byValue, readClear } from '../sops/compare-documents.ts';
import { makeKey, makeRule } from '../sops/make-rule.ts';
import { decryptMany, toBeSent } from './decrypt-many.ts';

const surroundings = { random: randomBytes, clock: systemClock };
const [key, other] = await Promise.all([makeKey(), makeKey()]);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chatelaine-sops-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const documents = 1000;

describe('the sops program', () => {
  test(`decrypts ${documents} random documents, by rules of all kinds, to what they were`, async () => {
    const seed = randomBytes(4).readInt32BE();
    const drawn = fc.sample(cases, { numRuns: documents, seed });
    const seen = new Set(drawn.map(([, { selection }]) => selection.by));
    expect([...seen].toSorted()).toEqual(selections.map(({ by }) => by).toSorted());
    const files: string[] = [];
    for (const [{ text }, shape] of drawn) {
      files.push(await encryptDocument(text, makeRule([key.recipient], shape), surroundings));
    }
    const { clear, refusal } = await decryptMany(folder, key, files);
    for (const [index, [{ text, content }, shape]] of drawn.entries()) {
      const which = `document ${index} of seed ${seed}, ${JSON.stringify(shape)}:\n${text}`;
      const read = clear[index];
      if (read === undefined) throw new Error(`sops refused ${which}`, { cause: refusal });
      expect(byValue(read), which).toEqual(byValue(toBeSent(content)));
    }
    await rm(join(folder, '.sops.yaml'));
  }, 300_000);

  test('decrypts a document with all that one can hold, comments too', async () => {
    const document = [
      '# head',
      'a: 1 # beside',
      'b:',
      '    # first',
      '    c: 1.5',
      '    # end of b',
      'd:',
      '    # above',
      '    - x',
      '    # end of d',
      'e:',
      '    - - 1',
      '      - true',
      '    - k: "2024-01-01"',
      '      w: |',
      '        two',
      '        lines',
      'f: {}',
      'g: []',
      'h: null',
      'i: ""',
      '"10": yes',
      '"9": 1e+21',
      '# end',
      '',
    ].join('\n');
    const selection = { by: 'unencrypted_suffix', pattern: '_unencrypted' } as const;
    const file = await encryptDocument(document, makeRule([key.recipient], { selection }), surroundings);
    const clear = await decrypt(folder, key, file);
    expect(byValue(readClear(clear))).toEqual(byValue(readClear(document)));
    const remarks = (text: string): readonly string[] =>
      [...text.matchAll(/# \w+.*$/gm)].map(([line]) => line);
    expect(remarks(clear)).toEqual(remarks(document));
  });

  test('refuses a file whose clear part was changed, as it does with its own', async () => {
    const file = await encryptDocument(
      'kind: Secret\nstringData: {a: b}\n',
      makeRule([key.recipient]),
      surroundings,
    );
    await expect(decrypt(folder, key, file.replace('Secret', 'Other'))).rejects.toThrow(/MAC mismatch/);
  });

  test('chooses the same rule for a path, and makes the same layout', async () => {
    const text = [
      'creation_rules:',
      `  - path_regex: ^talos/.*\\.yaml$\n    age: ${other.recipient}`,
      `  - path_regex: \\.sops\\.ya?ml$\n    encrypted_regex: ^(data|stringData)$\n    age: [${key.recipient}, ${other.recipient}]`,
      `  - age: ${key.recipient}`,
      'stores: {yaml: {indent: 2}}',
    ].join('\n');
    await writeFile(join(folder, '.sops.yaml'), text);
    const plain =
      'apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\nstringData:\n  b: c\n  "10": |\n    d\n    e\n';
    await writeFile(join(folder, 'plain.yaml'), plain);
    for (const path of ['talos/a.sops.yaml', 'kubernetes/talos/a.sops.yml', 'else/b.yaml']) {
      const args = [
        'encrypt',
        '--input-type',
        'yaml',
        '--output-type',
        'yaml',
        '--filename-override',
        path,
        'plain.yaml',
      ];
      const theirs = await runSops(folder, key, args);
      const rule = chooseRule({ path: '.sops.yaml', text }, path);
      const ours = await encryptDocument(plain, rule, surroundings);
      expect(contentOf(ours)).toBe(contentOf(theirs));
      for (const each of [key, other]) {
        expect(theirs.includes(each.recipient)).toBe(rule.recipients.includes(each.recipient));
      }
    }
    await rm(join(folder, '.sops.yaml'));
  });
});

/** All but what differs in every file. */
function contentOf(file: string): string {
  return file.slice(0, file.indexOf('\nsops:')).replace(/data:[^,]*,iv:[^,]*,tag:[^,]*,/g, '');
}

describe('a Secret of ours', () => {
  const value = randomBytes(24).toString('base64url');
  const path = 'deploy-key.sops.yaml';

  /** The first encrypted value. */
  const sealed = /ENC\[AES256_GCM,data:[^,]*/;

  async function write(): Promise<string> {
    const text = await createEncrypter(surroundings).encryptSecret(
      {
        name: ResourceName.parse('deploy-key'),
        namespace: Namespace.parse('flux-system'),
        type: 'Opaque',
        labels: {},
        values: new Map([
          [PropertyName.parse('first'), new SecretValue(value)],
          [PropertyName.parse('identity'), new SecretValue(`-----BEGIN-----\n${value}\n-----END-----\n`)],
        ]),
      },
      makeRule([key.recipient]),
    );
    await writeFile(join(folder, path), text);
    return text;
  }

  test('holds no value in clear, and what sops decrypts of it does', async () => {
    const text = await write();
    const quarry = { name: 'value', value };
    expect(hunt([quarry], [{ at: path, text }])).toEqual([]);
    const clear = await runSops(folder, key, ['decrypt', path]);
    expect(clear).toContain(`first: ${value}`);
  });

  test('is edited by sops, which changes one line beside its own', async () => {
    const before = await write();
    await runSops(folder, key, ['edit', path], `sed -i s/first:.*/first:\\ changed/`);
    const after = await readFile(join(folder, path), 'utf8');
    expect(await decrypt(folder, key, after)).toContain('first: changed\n');
    const [old, now] = [before, after].map((text) => text.slice(0, text.indexOf('\nsops:')).split('\n'));
    expect(now?.filter((line, index) => line !== old?.[index])).toHaveLength(1);
  });

  test('is given a new data key by sops rotate', async () => {
    const before = await write();
    await runSops(folder, key, ['rotate', '-i', path]);
    const after = await readFile(join(folder, path), 'utf8');
    expect(sealed.exec(after)?.[0]).not.toBe(sealed.exec(before)?.[0]);
    expect(await decrypt(folder, key, after)).toContain(`first: ${value}`);
  });

  test('is given another recipient by sops updatekeys', async () => {
    const before = await write();
    await expect(decrypt(folder, other, before)).rejects.toThrow();
    await writeFile(
      join(folder, '.sops.yaml'),
      `creation_rules: [{age: [${key.recipient}, ${other.recipient}]}]`,
    );
    await runSops(folder, key, ['updatekeys', '-y', path]);
    const after = await readFile(join(folder, path), 'utf8');
    expect(await decrypt(folder, other, after)).toContain(`first: ${value}`);
    await rm(join(folder, '.sops.yaml'));
  });

  test('has the layout that sops gives the same Secret', async () => {
    const ours = await write();
    const theirs = await encrypt(folder, key.recipient, await runSops(folder, key, ['decrypt', path]));
    expect(contentOf(ours)).toBe(contentOf(theirs));
  });
});
