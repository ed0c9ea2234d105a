import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { exampleConfiguration } from '../../scripts/describe-configuration.ts';
import {
  loadConfiguration,
  readConfiguration,
  type Surroundings,
} from '../../src/config/load-configuration.ts';
import { ChatelaineError } from '../../src/core/errors.ts';
import { Namespace } from '../../src/core/names.ts';
import { permissionsFrom, rights } from '../../src/core/permissions.ts';

const canary = 'xoxb-CANARY-6f1c0d';

const surroundings: Surroundings = {
  env: { BOT_TOKEN: 'from-env', EMPTY: '' },
  readFile(path) {
    if (path.includes('missing')) throw new Error(`ENOENT ${canary}`);
    return path.includes('empty') ? '\n' : `from ${path}\n`;
  },
};

const vault = 'vault:\n  address: http://vault:8200\n  auth: { tokenFile: /token }\n';

function read(text: string) {
  return readConfiguration(text, 'chatelaine.yaml', surroundings);
}

function faultsOf(text: string): readonly string[] {
  try {
    read(text);
  } catch (error) {
    if (!(error instanceof ChatelaineError)) throw error;
    expect(error.code).toBe('config-invalid');
    expect(error.state).toBe('Chatelaine did not start.');
    expect(error.doing).toBe('reading the configuration chatelaine.yaml');
    return error.wrong
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
  return [];
}

describe('a configuration that is right', () => {
  test('the example of the documentation is read', () => {
    const { configuration, grants } = read(exampleConfiguration());
    expect(configuration.vault.replicas).toHaveLength(3);
    expect(configuration.slack?.commands).toEqual({ secret: '/secret', vault: '/vault' });
    expect(grants).toHaveLength(3);
  });

  test('what is left out is what the reference says', () => {
    const { configuration } = read(vault);
    expect(configuration).toMatchObject({
      vault: { mount: 'kv', replicas: [], knownAs: [] },
      kubernetes: { namespace: 'chatelaine' },
      grants: [],
      limits: { rotationsPerDay: 5, pauseSeconds: 30, syncSeconds: 60, rolloutSeconds: 300 },
      operations: { leaseSeconds: 15 },
      log: { level: 'info' },
    });
    expect(configuration.slack).toBeUndefined();
    expect(configuration.web).toBeUndefined();
  });

  test('grants have their groups made into people, and keep what a person would look for', () => {
    const { grants } = read(
      `${vault}groups:\n  admins: [U01, U02]\ngrants:\n  - { to: [admins, U03], may: [rotate], namespaces: ['media'] }\n  - { to: ['*'], may: [read], namespaces: ['*'], paths: ['media/**'] }\n`,
    );
    expect(grants[0]).toMatchObject({ key: 'grants[0]', to: ['@admins', 'U03'], paths: ['**'] });
    expect([...(grants[0]?.actors ?? [])]).toEqual(['U01', 'U02', 'U03']);
    const permissions = permissionsFrom(grants);
    const actor = { id: 'U02', name: 'x', surface: 'slack' } as const;
    expect(permissions.allows(actor, 'rotate', { namespace: Namespace.parse('media') })).toBe(true);
    expect(permissions.allows(actor, 'rotate', { namespace: Namespace.parse('home') })).toBe(false);
  });

  test('secrets come from files and variables, are trimmed, and are read anew each time', () => {
    let version = 1;
    const loaded = readConfiguration(
      `slack:\n  botToken: { env: BOT_TOKEN }\n  appToken: { file: /app }\n${vault}`,
      'x',
      { ...surroundings, readFile: (path) => `${path} v${version}\n` },
    );
    const { slack } = loaded.configuration;
    if (slack?.appToken === undefined) throw new Error('no slack');
    expect(loaded.secret(slack.botToken)()).toBe('from-env');
    const app = loaded.secret(slack.appToken);
    expect(app()).toBe('/app v1');
    version = 2;
    expect(app()).toBe('/app v2');
    expect(JSON.stringify(loaded)).not.toContain('from-env');
  });

  test('anchors of YAML work', () => {
    const { grants } = read(
      `${vault}groups: { a: &people [U01] , b: *people }\ngrants: [{ to: [b], may: [read] }]\n`,
    );
    expect([...(grants[0]?.actors ?? [])]).toEqual(['U01']);
  });
});

test.each([
  ['http://secrets.example.org', 'must be https: values go there'],
  ['https://example.org/secrets', 'must be an address without a path'],
  ['https://me:word@example.org', 'must not have a name or password in it'],
])('a one-time page is not offered at %s', (publicUrl, wrong) => {
  const web = `web: { port: 8080, page: { publicUrl: '${publicUrl}' } }`;
  expect(faultsOf(`vault: { address: http://vault:8200, auth: { kubernetes: {} } }\n${web}\n`)).toEqual([
    `line 2: web.page.publicUrl ${wrong}`,
  ]);
});

test('health is not served where the one-time page is', () => {
  const web = "web: { port: 8081, page: { publicUrl: 'https://secrets.example.org' } }";
  expect(faultsOf(`vault: { address: http://vault:8200, auth: { kubernetes: {} } }\n${web}\n`)).toEqual([
    'line 2: web.page.port must be another one than web.port',
  ]);
});

test('two replicas of Vault that have one name would be taken for one that changes all the time', () => {
  const twice = 'replicas: [{ name: a, address: http://a:8200 }, { name: a, address: http://b:8200 }]';
  expect(faultsOf(`vault: { address: http://vault:8200, auth: { kubernetes: {} }, ${twice} }\n`)).toEqual([
    'line 1: vault.replicas has two of the same name',
  ]);
});

describe('a configuration that is wrong', () => {
  test('has all its faults told at once, each with its line and key', () => {
    const text = `slack:
  mode: carrier-pigeon
  botToken: { file: /bot }
  editsPerMinute: lots
  colour: blue
vault:
  address: vault:8200
  mount: ../sys
  auth: none
groups:
  Admins: [U01]
  media: [kim]
grants:
  - to: []
    may: [everything]
limits: { rotationsPerDay: 0 }
surprise: 1
`;
    expect(faultsOf(text)).toEqual([
      'line 2: slack.mode is wrong: expected one of "socket"|"http"',
      'line 4: slack.editsPerMinute is wrong: expected number',
      'line 2: slack has unknown keys: colour',
      'line 7: vault.address must be a URL that begins with http:// or https://',
      'line 8: vault.mount has two dots in a row',
      'line 9: vault.auth must be `kubernetes: { mount, role, tokenFile }`, all of them optional, or `tokenFile: /path`',
      'line 11: groups.Admins has a name that can’t be used: lower-case words joined by - can',
      'line 12: groups.media[0] must be a Slack user id (U…), *, or terminal',
      'line 14: grants[0].to is wrong: expected array to have >=1 items',
      `line 15: grants[0].may[0] is wrong: expected one of ${rights.map((each) => `"${each}"`).join('|')}`,
      'line 16: limits.rotationsPerDay is wrong: expected number to be >=1',
      'the file has unknown keys: surprise',
    ]);
  });

  test('has every secret that can not be read and every name that is nobody told at once, too', () => {
    const text = `slack:
  botToken: { file: /missing }
  appToken: { env: EMPTY }
${vault}grants:
  - to: [admins, U01, constructor, __proto__]
    may: [read]
`;
    expect(faultsOf(text)).toEqual([
      'line 2: slack.botToken names a file that can’t be read',
      'line 3: slack.appToken names a variable that is empty',
      'line 8: grants[0].to[0] is neither a group of this file nor a user id (U…), * or terminal',
      'line 8: grants[0].to[2] is neither a group of this file nor a user id (U…), * or terminal',
      'line 8: grants[0].to[3] is neither a group of this file nor a user id (U…), * or terminal',
    ]);
  });

  test.each([
    ['slack:\n  botToken: { file: /bot }\n', 'line 2: slack.appToken is needed for mode: socket'],
    [
      'slack:\n  mode: http\n  botToken: { file: /bot }\n',
      'line 2: slack.signingSecret is needed for mode: http',
    ],
    [
      'slack:\n  botToken: { file: /empty }\n  appToken: { file: /a }\n',
      'line 2: slack.botToken names a file that is empty',
    ],
    ['kubernetes: { kubeconfig: /a, server: "https://b" }\n', 'kubernetes.server is instead of kubeconfig'],
  ])('%j: %s', (text, fault) => {
    expect(faultsOf(`${text}${vault}`).join('\n')).toContain(fault);
  });

  test('an address with a name and password in it is refused', () => {
    const faults = faultsOf(
      `vault:\n  address: http://root:${canary}@vault:8200\n  auth: { tokenFile: /t }\n`,
    );
    expect(faults).toEqual(['line 2: vault.address must not have a name or password in it']);
  });

  test.each([
    ['a: "open', 'it is not YAML'],
    ['a: 1\na: 2', 'it is not YAML (DUPLICATE_KEY)'],
    ['a: 1\n---\nb: 2', 'it is not YAML (MULTIPLE_DOCS)'],
    ['a: *nobody', 'an alias in it has no anchor'],
    ['- 1', 'the file is wrong: expected object'],
    ['', 'vault is wrong: expected object'],
    ['just text', 'the file is wrong: expected object'],
  ])('%j: %s', (text, fault) => {
    expect(faultsOf(text).join('\n')).toContain(fault);
  });

  test('aliases that grow without end are refused', () => {
    const lines = Array.from({ length: 20 }, (_, index) => {
      const before = index === 0 ? 'x' : `*a${index - 1}`;
      return `k${index}: &a${index} [${Array.from({ length: 10 }, () => before).join(', ')}]`;
    });
    expect(faultsOf(lines.join('\n'))).toHaveLength(1);
  });

  test('a file that is not there says how to name one', () => {
    expect(() => loadConfiguration('missing.yaml', surroundings)).toThrow(
      expect.objectContaining({
        code: 'config-invalid',
        wrong: 'the file can’t be read',
        next: expect.stringContaining('--config FILE') as string,
      }) as Error,
    );
  });
});

describe('a secret in a wrong place is never told', () => {
  test.each([
    `slack: ${canary}\n${vault}`,
    `slack: { botToken: ${canary}, appToken: ${canary} }\n${vault}`,
    `slack: { botToken: { file: ${canary}-missing }, appToken: { file: /a } }\n${vault}`,
    `slack: { botToken: { env: ${canary} }, appToken: { env: ${canary.replaceAll('-', '_')} } }\n${vault}`,
    `slack: { botToken: { env: ${canary.replaceAll('-', '_')} }, appToken: { file: /a } }\n${vault}`,
    `slack: { botToken: { file: /a, ${canary}: x }, appToken: { file: /a } }\n${vault}`,
    `slack: { ${canary}: x, botToken: { file: /a } }\n${vault}`,
    `slack: { mode: ${canary}, editsPerMinute: ${canary}, port: ${canary}, botToken: { file: /a } }\n${vault}`,
    `slack: { commands: { secret: ${canary} }, botToken: { file: /a } }\n${vault}`,
    `vault: { address: ${canary}, auth: { tokenFile: [${canary}] } }\n`,
    `vault: { address: "http://x", auth: { kubernetes: { ${canary}: x } } }\n`,
    `vault: { address: "http://x", mount: "../${canary}", auth: ${canary} }\n`,
    `${vault}groups: { ${canary}: [U01] }\n`,
    `${vault}groups: { a: [${canary}] }\n`,
    `${vault}groups: { x-${canary.toLowerCase()}: x }\n`,
    `${vault}grants: [{ to: [${canary}], may: [read] }]\n`,
    `${vault}grants: [{ to: [U01], may: [${canary}] }]\n`,
    `${vault}${canary}: 1\n`,
    `${vault}kubernetes: { namespace: ${canary} }\n`,
    canary,
    `a: "${canary}`,
    `a: *${canary}`,
    `a: {${canary}: 1, ${canary}: 2}`,
    `a: !${canary} 1`,
  ])('%j', (text) => {
    try {
      read(text);
    } catch (error) {
      if (!(error instanceof ChatelaineError)) throw error;
      const told = `${inspect(error, { showHidden: true, depth: null })} ${error.message} ${error.stack}`;
      expect(told.toLowerCase()).not.toContain('canary');
      return;
    }
    throw new Error('it was read');
  });
});

test('a command in a terminal needs none of Slack’s tokens', () => {
  const text = `
slack: { botToken: { env: NO_BOT }, appToken: { env: NO_APP } }
vault: { address: http://127.0.0.1:8200, auth: { tokenFile: /token } }
`;
  const without = { env: {}, readFile: () => '' };
  expect(() => readConfiguration(text, 'chatelaine.yaml', without)).toThrow(
    'slack.botToken names a variable',
  );
  expect(readConfiguration(text, 'chatelaine.yaml', { ...without, terminal: true }).grants).toEqual([]);
});
