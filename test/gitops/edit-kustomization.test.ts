import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { addResource, removeResource } from '../../src/gitops/edit-kustomization.ts';

const path = 'app/kustomization.yaml';
const add = (text: string, entry = 'externalsecret.yaml'): string => addResource({ path, text }, entry);
const remove = (text: string, entry = 'externalsecret.yaml'): string => removeResource({ path, text }, entry);

const head = `---
# yaml-language-server: $schema=https://json.schemastore.org/kustomization
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
`;

describe('adding a file to what is listed', () => {
  test.each<[string, string, string]>([
    [
      'in its sorted place, in the neighbours’ spelling',
      `${head}resources:\n  - ./helmrelease.yaml\n  - ./ocirepository.yaml\n`,
      `${head}resources:\n  - ./externalsecret.yaml\n  - ./helmrelease.yaml\n  - ./ocirepository.yaml\n`,
    ],
    [
      'in the middle, and comments stay with what they stand above',
      'resources:\n  # first\n  - a.yaml # why\n  # about z\n  - z.yaml\n',
      'resources:\n  # first\n  - a.yaml # why\n  - externalsecret.yaml\n  # about z\n  - z.yaml\n',
    ],
    [
      'at the end, before what follows, where the list isn’t sorted',
      'resources:\n- ./z.yaml\n- ./a.yaml\n\n# sets it\nnamespace: media\n',
      'resources:\n- ./z.yaml\n- ./a.yaml\n- ./externalsecret.yaml\n\n# sets it\nnamespace: media\n',
    ],
    ['without an end of line', 'resources:\n  - a.yaml', 'resources:\n  - a.yaml\n  - externalsecret.yaml'],
    [
      'with the line ends of Windows',
      'resources:\r\n  - ./a.yaml\r\n  - ./z.yaml\r\n',
      'resources:\r\n  - ./a.yaml\r\n  - ./externalsecret.yaml\r\n  - ./z.yaml\r\n',
    ],
    [
      'in quote marks where all have them',
      `resources:\n  - 'a.yaml'\n  - 'z.yaml'\n`,
      `resources:\n  - 'a.yaml'\n  - 'externalsecret.yaml'\n  - 'z.yaml'\n`,
    ],
    ['in braces', 'resources: [a.yaml, z.yaml]\n', 'resources: [a.yaml, externalsecret.yaml, z.yaml]\n'],
    ['first in braces', 'resources: [ z.yaml ]\n', 'resources: [ externalsecret.yaml, z.yaml ]\n'],
    [
      'in braces with a line an entry',
      'resources: [\n  a.yaml,\n  z.yaml,\n]\n',
      'resources: [\n  a.yaml,\n  externalsecret.yaml,\n  z.yaml,\n]\n',
    ],
    ['to an empty list', 'resources: []\n', 'resources: [./externalsecret.yaml]\n'],
    [
      'below an empty key',
      'resources: # none yet\nnamespace: a\n',
      'resources: # none yet\n  - ./externalsecret.yaml\nnamespace: a\n',
    ],
    ['where there is no list', head, `${head}resources:\n  - ./externalsecret.yaml\n`],
    [
      'where there is no list, as the file’s other lists are',
      'components:\n- ../../x\n',
      'components:\n- ../../x\nresources:\n- ./externalsecret.yaml\n',
    ],
    ['to a file that says nothing', '# to come\n', '# to come\nresources:\n  - ./externalsecret.yaml\n'],
  ])('%s', (_, before, after) => {
    expect(add(before)).toBe(after);
  });

  test.each(['resources: [./externalsecret.yaml]\n', 'resources:\n  - externalsecret.yaml\n'])(
    'that is listed already changes nothing: %j',
    (text) => {
      expect(add(text)).toBe(text);
    },
  );

  test.each<[string, string]>([
    ['several documents', 'resources: []\n---\nresources: []\n'],
    ['an anchor', 'resources: &all\n  - a.yaml\n'],
    ['an alias', 'a: &all [a.yaml]\nresources: *all\n'],
    ['an anchor on an entry', 'resources:\n  - &one a.yaml\n'],
    ['a merge', 'a: &all {resources: [a.yaml]}\n<<: *all\n'],
    ['a template', 'resources:\n  - {{ .Values.file }}\n'],
    ['a broken file', 'resources:\n  - a.yaml\n b: 1\n'],
    ['two lists', 'resources: [a.yaml]\nresources: [b.yaml]\n'],
    ['something else than a list', 'resources: a.yaml\n'],
    ['nothing, in words', 'resources: null\n'],
    ['a list with maps', 'resources:\n  - path: a.yaml\n'],
    ['a list at the top', '- a.yaml\n'],
    ['braces without a list', '{kind: Kustomization}\n'],
    ['a marked end', 'kind: Kustomization\n...\n'],
    [
      'a Kustomization of Flux',
      'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec: {}\n',
    ],
  ])('refuses %s, with a reason', (_, text) => {
    expect(() => add(text)).toThrow(expect.objectContaining({ code: 'manifest-not-editable' }));
  });
});

describe('taking a file off the list', () => {
  test.each<[string, string, string]>([
    [
      'leaves the comments of others',
      'resources:\n  # a\n  - a.yaml\n  - externalsecret.yaml # ours\n  # z\n  - z.yaml\n',
      'resources:\n  # a\n  - a.yaml\n  # z\n  - z.yaml\n',
    ],
    [
      'takes the key with the last',
      'kind: Kustomization\nresources:\n  - ./externalsecret.yaml\n',
      'kind: Kustomization\n',
    ],
    ['leaves empty braces', 'resources: [externalsecret.yaml]\n', 'resources: []\n'],
    [
      'works at the end of a file without an end of line',
      'resources:\n  - a.yaml\n  - externalsecret.yaml',
      'resources:\n  - a.yaml',
    ],
    ['changes nothing where it isn’t listed', 'resources:\n  - a.yaml\n', 'resources:\n  - a.yaml\n'],
  ])('%s', (_, before, after) => {
    expect(remove(before)).toBe(after);
  });

  test('refuses where a comment would lose its place', () => {
    expect(() => remove('resources:\n  # the only one\n  - externalsecret.yaml\n')).toThrow(
      expect.objectContaining({ code: 'manifest-not-editable' }),
    );
  });
});

describe('whatever the file looks like', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/).map((each) => `${each}.yaml`);
  const comment = fc.constantFrom('', ' # a comment', '   # another: [odd] - one');
  const above = fc.constantFrom([], ['# above'], ['', '# after a gap']);
  const style = fc.record({
    prefix: fc.constantFrom('', './'),
    quote: fc.constantFrom('', "'", '"'),
    indent: fc.constantFrom('', '  ', '    '),
    eol: fc.constantFrom('\n', '\r\n'),
    ends: fc.boolean(),
    isSorted: fc.boolean(),
    form: fc.constantFrom('lines', 'braces', 'braces with lines'),
    before: fc.constantFrom([], ['---'], ['# header', 'kind: Kustomization'], ['commonLabels: {a: "1"}', '']),
    after: fc.constantFrom([], ['namespace: media'], ['', '# tail'], ['patches:', '  - path: x.yaml', '']),
  });
  const entries = fc.uniqueArray(fc.record({ name, comment, above }), {
    selector: (each) => each.name,
    maxLength: 8,
  });

  const texts = fc.tuple(style, entries).map(([how, list]) => {
    const sorted = how.isSorted ? list.toSorted((one, other) => (one.name < other.name ? -1 : 1)) : list;
    const spelled = (each: { name: string }): string => `${how.quote}${how.prefix}${each.name}${how.quote}`;
    const written: Record<string, () => string[]> = {
      lines: () =>
        sorted.length === 0
          ? []
          : [
              'resources:',
              ...sorted.flatMap((each) => [
                ...each.above.map((line) => (line === '' ? '' : how.indent + line)),
                `${how.indent}- ${spelled(each)}${each.comment}`,
              ]),
            ],
      braces: () => [`resources: [${sorted.map(spelled).join(', ')}]`],
      'braces with lines': () =>
        sorted.length === 0
          ? ['resources: []']
          : ['resources: [', ...sorted.map((each) => `  ${spelled(each)},`), ']'],
    };
    const lines = [...how.before, ...(written[how.form]?.() ?? []), ...how.after];
    return lines.join(how.eol) + (how.ends ? how.eol : '');
  });

  test('adding says the same and one entry more, twice changes nothing, and taking it off gives every byte back', () => {
    fc.assert(
      fc.property(texts, name, (text, entry) => {
        const before = (parse(text) ?? {}) as { resources?: readonly string[] };
        const listed = before.resources ?? [];
        fc.pre(!listed.some((each) => each.endsWith(entry) && each.replace('./', '') === entry));
        const after = add(text, entry);
        const parsed = parse(after) as { resources: readonly string[] };
        const [ours = ''] = parsed.resources.filter((each) => each.replace('./', '') === entry);
        expect({ ...parsed, resources: parsed.resources.filter((each) => each !== ours) }).toEqual({
          ...before,
          resources: listed,
        });
        if (isSorted(listed)) expect(isSorted(parsed.resources)).toBe(true);
        expect(add(after, entry)).toBe(after);
        expect(remove(after, entry)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  function isSorted(list: readonly string[]): boolean {
    return list.every((each, at) => at === 0 || (list[at - 1] ?? '') <= each);
  }
});
