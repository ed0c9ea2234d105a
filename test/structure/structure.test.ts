import { describe, expect, test } from 'vitest';
import { readSources, sourceOf } from './read-source.ts';
import {
  documentsExports,
  importsPackagesInTheirPlace,
  isShort,
  opensValues,
  pointsOneWay,
  printsNothing,
  type Rule,
  readsNoEnvironment,
  standInsHoldNoSecretValue,
} from './rules.ts';

const sources = readSources('src', 'commands');
const others = readSources('scripts', 'test');

const rules: Readonly<Record<string, Rule>> = {
  'arrows point one way': pointsOneWay,
  'libraries that speak to the outside have their place': importsPackagesInTheirPlace,
  'values are opened in three rooms only': opensValues,
  'stand-ins hold no SecretValue': standInsHoldNoSecretValue,
  'the environment is read where the program begins': readsNoEnvironment,
  'nothing is printed past the log': printsNothing,
  'what is exported says what it does': documentsExports,
  'no file is long': isShort,
};

describe('the structure', () => {
  test('is read whole', () => {
    expect(sources.length).toBeGreaterThan(100);
    expect(sources.flatMap(({ imports }) => imports).length).toBeGreaterThan(300);
  });

  test.each(Object.entries(rules))('%s', (_what, rule) => {
    expect(sources.flatMap((each) => rule(each))).toEqual([]);
  });

  test('scripts and tests are no endless files either', () => {
    expect(others.flatMap((each) => isShort(each))).toEqual([]);
  });

  test('nobody but tests and its own files imports the playground', () => {
    const strangers = [...sources, ...others].filter(({ path }) => !/^(?:src\/playground|test)\//.test(path));
    expect(
      strangers.flatMap(({ imports }) => imports.filter((each) => each.startsWith('src/playground'))),
    ).toEqual([]);
  });

  test('values are opened by one file of the Vault adapter', () => {
    const opening = sources.filter(
      ({ path, code }) => path.startsWith('src/vault/') && code.includes('.open()'),
    );
    expect(opening.map(({ path }) => path)).toEqual(['src/vault/write-values.ts']);
  });
});

describe('the rules find what they are for', () => {
  test.each<[string, Rule, string, string]>([
    ['an import up', pointsOneWay, 'src/core/x.ts', "import type { A } from '../vault/a.ts';"],
    ['a re-export of a sibling', pointsOneWay, 'src/vault/x.ts', "export * from '../kubernetes/a.ts';"],
    ['an import that is loaded later', pointsOneWay, 'src/slack/x.ts', "await import('../operations/a.ts');"],
    [
      'a command that knows an adapter',
      pointsOneWay,
      'commands/secret/x.ts',
      "import '../../src/slack/a.ts';",
    ],
    [
      'a stand-in that knows an adapter',
      pointsOneWay,
      'src/playground/vault/x.ts',
      "import '../../vault/a.ts';",
    ],
    ['the bot that knows the playground', pointsOneWay, 'src/start.ts', "import './playground/a.ts';"],
    ['a part without arrows', pointsOneWay, 'src/new/x.ts', ''],
    ['files in the domain', importsPackagesInTheirPlace, 'src/core/x.ts', "import 'node:fs';"],
    ['a library in the wrong part', importsPackagesInTheirPlace, 'src/core/x.ts', "import 'undici';"],
    ['part of a library', importsPackagesInTheirPlace, 'commands/x.ts', "import '@slack/web-api/dist/x';"],
    ['a value opened', opensValues, 'src/slack/x.ts', 'const text = value.open();'],
    ['a value opened by a name', opensValues, 'src/slack/x.ts', "const text = value['open']();"],
    ['a second room in the adapter', opensValues, 'src/vault/x.ts', 'log(value?.open());'],
    [
      'a stand-in with a value',
      standInsHoldNoSecretValue,
      'src/playground/x.ts',
      "import '../core/secret-value.ts';",
    ],
    ['the environment', readsNoEnvironment, 'src/vault/x.ts', "const token = process.env['VAULT_TOKEN'];"],
    ['console', printsNothing, 'src/vault/x.ts', 'console.error(error);'],
    ['a function without words', documentsExports, 'src/core/x.ts', 'export function f() {}'],
    ['a comment that is no doc comment', documentsExports, 'src/core/x.ts', '// f\nexport function f() {}'],
    ['an arrow function without words', documentsExports, 'src/core/x.ts', 'export const f = () => 1;'],
    [
      'a class without words',
      documentsExports,
      'src/core/x.ts',
      '/** of a */\nconst a = 1;\nexport class B {}',
    ],
    ['a long file', isShort, 'src/core/x.ts', 'a();\n'.repeat(301)],
  ])('%s', (_what, rule, path, text) => {
    expect(rule(sourceOf(path, text))).toHaveLength(1);
  });

  test.each<[string, Rule, string, string]>([
    ['words in a comment', opensValues, 'src/slack/x.ts', '// value.open() is for the vault only'],
    ['the environment in a comment', readsNoEnvironment, 'src/slack/x.ts', '/* process.env */'],
    [
      'an import down',
      pointsOneWay,
      'src/slack/x.ts',
      "import '../core/a.ts';\nimport './b.ts';\nimport 'zod';",
    ],
    [
      'a documented function',
      documentsExports,
      'src/core/x.ts',
      '/** Says f. */\nexport async function f() {}',
    ],
    ['a constant', documentsExports, 'src/core/x.ts', 'export const limit = 3;'],
  ])('and are content with %s', (_what, rule, path, text) => {
    expect(rule(sourceOf(path, text))).toEqual([]);
  });
});
