import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import type { PropertyName } from '../../src/core/names.ts';
import type { PropertyChange } from '../../src/core/ports/manifests.ts';
import { apply, folder, jellyfin, manifests, placeIn, textIn, wanted } from './repository.ts';

const file = `${folder}/externalsecret.yaml`;
const head = `---
# ours
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: jellyfin
spec:
  secretStoreRef: {kind: ClusterSecretStore, name: vault}
`;

const byData = `${head}  data:
    # for the API
    - secretKey: api-key # as the chart wants it
      remoteRef:
        key: kv/media/jellyfin
        property: api-key
    # a tail
  target:
    name: jellyfin-secret
`;

const byExtract = `${head}  target:
    name: jellyfin-secret
    template:
      data:
        API_KEY: '{{ .API_KEY }}'
        URL: "https://{{ .USER }}:{{ .PASSWORD }}@host" # both
  dataFrom:
  - extract:
      key: media/jellyfin
`;

const change = (...properties: readonly string[]): PropertyChange => wanted(...properties);
const added = (text: string, ...properties: readonly string[]) =>
  manifests().addProperties(placeIn({ [file]: text }), change(...properties));
const removed = (text: string, ...properties: readonly string[]) =>
  manifests().removeProperties(placeIn({ [file]: text }), change(...properties));

describe('adding a property', () => {
  test('by data: an entry behind the last, its key spelled as theirs', async () => {
    const text = textIn(await added(byData, 'db-password', 'token'), file);
    await expect(text).toMatchFileSnapshot('goldens/added-to-data.yaml');
  });

  test('by extract with a template: a line of the template', async () => {
    const text = textIn(await added(byExtract, 'PORT', 'db-password'), file);
    await expect(text).toMatchFileSnapshot('goldens/added-to-template.yaml');
  });

  test('by extract with a template, and nobody has its value yet: what the Secret has until then', async () => {
    const later = async (property: string): Promise<readonly string[]> => {
      const { properties: names, ...rest } = change(property);
      const properties = names.map((each) => ({ ...each, later: true }));
      return (await manifests().addProperties(placeIn({ [file]: byExtract }), { ...rest, properties })).notes;
    };
    expect(await later('db-password')).toEqual([
      'From when Flux applies this until somebody brings db-password, the Secret has it with nothing in it.',
    ]);
    // External Secrets fills in none of it where a field is missing.
    expect(await later('PORT')).toEqual([]);
  });

  test('by extract without a template: nothing changes, and it says why', async () => {
    const text = `${head}  dataFrom:\n    - extract:\n        key: kv/data/media/jellyfin\n`;
    const plan = await added(text, 'token');
    expect(plan).toMatchObject({
      files: [],
      notes: [`token comes with the whole path (extract): nothing changes in ${file}.`],
      object: { kind: 'ExternalSecret', path: file, secret: 'jellyfin' },
    });
  });

  test('of a path that it doesn’t read yet', async () => {
    const text = `${head}  dataFrom:\n    - extract:\n        key: other/path\n`;
    const { spec } = parse(textIn(await added(text, 'token'), file));
    expect(spec.data).toEqual([
      {
        secretKey: 'token',
        remoteRef: {
          key: 'media/jellyfin',
          property: 'token',
          conversionStrategy: 'Default',
          decodingStrategy: 'None',
          metadataPolicy: 'None',
        },
      },
    ]);
  });

  test('by data with a template: both get it', async () => {
    const text = byData.replace(
      'target:\n',
      `target:\n    template:\n      data:\n        KEY: '{{ index . "api-key" }}'\n`,
    );
    const { spec } = parse(textIn(await added(text, 'token'), file));
    expect(spec.target.template.data).toEqual({ KEY: '{{ index . "api-key" }}', token: '{{ .token }}' });
    expect(spec.data[1].secretKey).toBe('token');
  });

  test('in a file with other documents leaves those as they are', async () => {
    const text = `# header\nkind: ConfigMap\nmetadata: {name: a}\n${byData}---\nkind: Other # x\n`;
    const after = textIn(await added(text, 'token'), file);
    expect(after.startsWith(`# header\nkind: ConfigMap\nmetadata: {name: a}\n${head}`)).toBe(true);
    expect(after.endsWith('    name: jellyfin-secret\n---\nkind: Other # x\n')).toBe(true);
    expect(parseAllDocuments(after)[1]?.toJS().spec.data).toHaveLength(2);
  });

  test('whose name YAML takes for something else, in quote marks', async () => {
    expect(textIn(await added(byExtract, 'no', '0123'), file)).toContain(
      `        "no": '{{ .no }}'\n        "0123": '{{ index . "0123" }}'\n`,
    );
  });

  test('that is there already changes nothing', async () => {
    expect((await added(byData, 'api-key')).files).toEqual([]);
    expect((await added(byExtract, 'API_KEY')).files).toEqual([]);
  });

  test.each([
    [
      'whose key is another’s',
      byData.replace('property: api-key', 'property: other'),
      'api-key',
      'manifest-exists',
    ],
    ['whose line is another’s', byExtract, 'URL', 'manifest-exists'],
    [
      'to a list in braces',
      `${head}  data: [{secretKey: a, remoteRef: {key: kv/media/jellyfin, property: a}}]\n`,
      'b',
      'manifest-not-editable',
    ],
    [
      'to a list that is used elsewhere',
      byData.replace('  data:', '  data: &all'),
      'b',
      'manifest-not-editable',
    ],
    [
      'to a template from elsewhere',
      byExtract.replace(/      data:\n.*\n.*\n/, '      templateFrom: []\n'),
      'b',
      'manifest-not-editable',
    ],
    ['to what isn’t there', 'kind: ConfigMap\n', 'b', 'manifest-missing'],
    ['to one of two', `${byData}${byData}`, 'b', 'manifest-not-editable'],
  ])('%s is refused', async (_, text, property, code) => {
    await expect(added(text, property)).rejects.toMatchObject({ code });
  });
});

describe('taking a property out', () => {
  test('gives back every byte that adding it put in', async () => {
    for (const text of [byData, byExtract, byData.replaceAll('\n', '\r\n'), byExtract.trimEnd()]) {
      const after = textIn(await added(text, 'db-password', 'TOKEN'), file);
      expect(textIn(await removed(after, 'TOKEN', 'db-password'), file)).toBe(text);
    }
  });

  test('leaves what is about others', async () => {
    const after = textIn(await added(byData, 'token'), file);
    const text = textIn(await removed(after, 'api-key'), file);
    expect(text).toContain('    # for the API\n    - secretKey: token\n');
    expect(text).not.toContain('api-key');
  });

  test.each([
    ['one that a template uses with others', byExtract, 'PASSWORD', 'manifest-not-editable'],
    ['the last', byData, 'api-key', 'manifest-refused'],
    ['the last line', byExtract.replace(/        URL.*\n/, ''), 'API_KEY', 'manifest-refused'],
  ])('%s is refused', async (_, text, property, code) => {
    await expect(removed(text, property)).rejects.toMatchObject({ code });
  });

  test('that nothing names changes nothing, and says so', async () => {
    expect(await removed(byData, 'other')).toMatchObject({
      files: [],
      notes: [`${file} doesn’t name other.`],
    });
  });
});

describe('removing it whole', () => {
  const name = { kind: 'ExternalSecret', target: jellyfin } as const;
  const listing = `${folder}/kustomization.yaml`;
  const whole = {
    [file]: byData,
    [`${folder}/helmrelease.yaml`]:
      'kind: HelmRelease\napiVersion: v2\nmetadata: {name: a}\nspec: {envFrom: jellyfin-secret}\n',
    [listing]: 'resources:\n  - ./externalsecret.yaml # secrets\n  - ./helmrelease.yaml\n',
  };

  test('takes its file and its entry out, and says who still names its Secret', async () => {
    const plan = await manifests().remove(placeIn(whole), name);
    expect(plan.files).toEqual([
      { path: file, remove: true },
      { path: listing, text: 'resources:\n  - ./helmrelease.yaml\n' },
    ]);
    expect(plan.notes).toEqual([`The Secret jellyfin-secret is still named in ${folder}/helmrelease.yaml.`]);
    expect(plan.object).toMatchObject({ path: file, secret: 'jellyfin-secret' });
  });

  test('takes only its document out of a file with others', async () => {
    const config = 'kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\n';
    for (const [text, rest] of [
      [`${config}${byData}`, config],
      [`${byData}---\n${config}`, `---\n${config}`],
      [`---\n${config}${byData}---\n# last\n${config}`, `---\n${config}---\n# last\n${config}`],
    ] as const) {
      const plan = await manifests().remove(placeIn({ ...whole, [file]: text }), name);
      expect(plan.files).toEqual([{ path: file, text: rest }]);
    }
  });

  test('is refused where Flux would be left with nothing to build', async () => {
    const { [file]: only = '' } = whole;
    await expect(
      manifests().remove(
        placeIn({ [file]: only, [listing]: 'resources:\n  - ./externalsecret.yaml\n' }),
        name,
      ),
    ).rejects.toMatchObject({ code: 'manifest-not-editable' });
    await expect(manifests().remove(placeIn({ [file]: only }), name)).rejects.toMatchObject({
      code: 'manifest-not-editable',
    });
  });

  test('what was made new is gone without a trace', async () => {
    const { [file]: _, ...others } = whole;
    const before = { ...others, [listing]: 'resources:\n  - ./helmrelease.yaml\n' };
    for (const properties of [['a'], ['a', 'b', 'c']]) {
      const made = apply(before, await manifests().newExternalSecret(placeIn(before), wanted(...properties)));
      expect(Object.keys(made)).toContain(file);
      expect(apply(made, await manifests().remove(placeIn(made), name))).toEqual(before);
    }
  });
});

describe('whatever the file looks like', () => {
  const property = fc
    .stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,10}$/)
    .map((each) => each as PropertyName);
  const layout = fc.record({
    step: fc.constantFrom(2, 4),
    isFlat: fc.boolean(),
    eol: fc.constantFrom('\n', '\r\n'),
    ends: fc.boolean(),
    comments: fc.boolean(),
    tail: fc.constantFrom([], ['  target:', '    name: jellyfin'], ['', '# tail']),
    how: fc.constantFrom('data', 'template'),
  });
  const files = fc
    .tuple(layout, fc.uniqueArray(property, { minLength: 1, maxLength: 5 }))
    .map(([how, properties]) => {
      const indent = ' '.repeat(how.step);
      const note = how.comments ? ['# about it'] : [];
      const dash = how.isFlat ? '' : indent;
      const entries = properties.flatMap((each) => [
        ...note.map((line) => `${indent}${dash}${line}`),
        `${indent}${dash}- secretKey: ${each}`,
        `${indent}${dash}  remoteRef: {key: kv/data/media/jellyfin, property: ${each}}`,
      ]);
      const lines = properties.map((each) => `${indent.repeat(4)}${each}: '{{ index . "${each}" }}'`);
      const spec =
        how.how === 'data'
          ? [`${indent}data:`, ...entries, ...how.tail.map((line) => line.replace(/^ {2}/, indent))]
          : [
              `${indent}dataFrom: [{extract: {key: media/jellyfin}}]`,
              `${indent}target:`,
              `${indent.repeat(2)}template:`,
              `${indent.repeat(3)}data:`,
              ...lines,
            ];
      const top = [
        'apiVersion: external-secrets.io/v1',
        'kind: ExternalSecret',
        'metadata:',
        `${indent}name: jellyfin`,
      ];
      return { properties, text: [...top, 'spec:', ...spec].join(how.eol) + (how.ends ? how.eol : '') };
    })
    .filter(({ properties }) => properties.every((each) => typeof parse(each) === 'string'));

  test('adding, adding again and taking out: one entry more, nothing more, every byte back', async () => {
    await fc.assert(
      fc.asyncProperty(files, property, async ({ text, properties }, fresh) => {
        fc.pre(!properties.includes(fresh) && typeof parse(fresh) === 'string');
        const after = textIn(await added(text, fresh), file);
        const [before, now] = [parse(text).spec, parse(after).spec];
        const without = now.data
          ? { ...now, data: now.data.filter((each: { secretKey: string }) => each.secretKey !== fresh) }
          : now;
        if (!now.data) delete without.target.template.data[fresh];
        expect(without).toEqual(before);
        expect((await added(after, fresh)).files).toEqual([]);
        expect(textIn(await removed(after, fresh), file)).toBe(text);
      }),
      { numRuns: 200 },
    );
  });
});
