import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { commands } from '../../commands/index.ts';
import {
  configurationKeys,
  configurationSchema,
  exampleConfiguration,
} from '../../scripts/describe-configuration.ts';
import { documents } from '../../scripts/docs.ts';
import { readConfiguration } from '../../src/config/load-configuration.ts';
import { fieldsOf } from '../../src/core/form.ts';

const root = join(import.meta.dirname, '../..');
const pages = documents();

function fileText(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

test.each(Object.keys(pages))('%s is up to date with its source: otherwise run `npm run docs`', (path) => {
  expect(fileText(path)).toBe(pages[path]);
});

describe('the page of the configuration', () => {
  const keys = configurationKeys();

  test('has every key, each with what it is', () => {
    expect(keys.length).toBeGreaterThan(40);
    const page = pages['docs/configuration.md'] ?? '';
    for (const { path, schema } of keys) {
      expect(page).toContain(`\`${path}\``);
      if (!path.endsWith('auth.kubernetes'))
        expect(schema.description, `${path} has no description`).toBeDefined();
    }
  });

  test('the example has every key, behind a # or not', () => {
    const example = exampleConfiguration();
    for (const { path } of keys) {
      const name = path.split('.').at(-1)?.replace('[]', '') ?? '';
      expect(example, `${path} is not in the example`).toMatch(new RegExp(`\\b${name}:`));
    }
  });
});

describe('the JSON schema for editors', () => {
  const validate = new Ajv2020({ strict: false, formats: { uri: true } }).compile(configurationSchema());

  test('accepts the example', () => {
    expect(validate(parse(exampleConfiguration()))).toBe(true);
  });

  test('refuses what the reader refuses', () => {
    for (const wrong of [{}, { vault: {} }, { ...parse(exampleConfiguration()), surprise: 1 }]) {
      expect(validate(wrong)).toBe(false);
    }
  });
});

test('the configuration in the manifests is one that Chatelaine reads', () => {
  const [manifest] = parseAllDocuments(fileText('manifests/chatelaine/config.yaml'));
  const { data } = (manifest?.toJS() ?? {}) as { data?: Record<string, string> };
  const text = data?.['chatelaine.yaml'] ?? '';
  const loaded = readConfiguration(text, 'manifests', { env: {}, readFile: () => 'a token' });
  expect(loaded.grants.length).toBeGreaterThan(0);
});

test('the page of the commands has every command and every flag', () => {
  const page = pages['docs/commands.md'] ?? '';
  for (const command of commands) {
    const section = page.split(`\n## ${command.name}\n`)[1]?.split('\n## ')[0] ?? '';
    for (const { byPosition, flag, label } of fieldsOf(command)) {
      expect(section).toContain(byPosition ? `\`${label.toUpperCase()}\`` : `\`--${flag}\``);
    }
    expect(section).toContain(`the right \`${command.may}\``);
    for (const example of command.examples) expect(section).toContain(`/${example}`);
  }
});
