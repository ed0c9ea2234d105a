import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { createConfigurationInspector, findingsOfFaults } from '../../src/config/inspect-configuration.ts';
import { examineFile, readConfiguration } from '../../src/config/load-configuration.ts';

const replicas = [{ name: 'vault-0', address: 'http://vault-0.vault-internal.security.svc:8200' }];
const vault = { address: 'http://vault.security.svc:8200', auth: { kubernetes: {} }, replicas };
const grants = [{ to: ['U0ADMIN'], may: ['read', 'rotate'], namespaces: ['media', 'home-*'] }];
const there = ['chatelaine', 'home-lab', 'media'];
const call = { signal: new AbortController().signal, requestId: 'r' };
const surroundings = { env: { TOKEN: 'x' }, readFile: () => 'x' };

/** What is doubtful or wrong, as lines; each has to say what mends it. */
async function wrongWith(changes: object): Promise<readonly string[]> {
  const { configuration } = readConfiguration(
    stringify({ vault, grants, ...changes }),
    'c.yaml',
    surroundings,
  );
  const inspector = createConfigurationInspector({ configuration, namespaces: async () => there });
  const found = await inspector.inspect(call);
  for (const { state, fix } of found) expect(fix === undefined).toBe(state === 'good' || state === 'unknown');
  return found
    .filter(({ state }) => state !== 'good')
    .map(({ state, what, evidence }) => `${state}: ${what} (${evidence})`);
}

describe('the inspector of the configuration', () => {
  test('has nothing against one that is well', async () => {
    expect(await wrongWith({})).toEqual([]);
    expect(
      await wrongWith({ groups: { admins: ['U0ADMIN'] }, grants: [{ ...grants[0], to: ['admins'] }] }),
    ).toEqual([]);
    expect(await wrongWith({ vault: { ...vault, address: 'https://vault.example.org' } })).toEqual([]);
    expect(await wrongWith({ vault: { ...vault, address: 'http://[::1]:8200' } })).toEqual([]);
  });

  test.each<[what: string, changes: object, wanted: string]>([
    ['no grants', { grants: [] }, 'fault: nobody may do anything'],
    [
      'a grant to an empty group',
      { groups: { admins: [] }, grants: [{ ...grants[0], to: ['admins'] }] },
      'doubt: grants[0] names nobody (its groups are empty: admins)',
    ],
    [
      'a group in no grant',
      { groups: { others: ['U0OTHER'] } },
      'doubt: groups are in no grant (groups.others)',
    ],
    [
      'rotations by everybody',
      { grants: [{ ...grants[0], to: ['*'] }] },
      'doubt: grants[0] lets every full member of the workspace rotate (to: *; namespaces: media, home-*)',
    ],
    [
      'everybody in a group',
      { groups: { all: ['*'] }, grants: [{ ...grants[0], may: ['read', 'sync', 'inspect'], to: ['all'] }] },
      'doubt: grants[0] lets every full member of the workspace sync, inspect',
    ],
    [
      'a grant without namespaces',
      { grants: [{ to: ['U0ADMIN'], may: ['read'] }] },
      'doubt: grants[0] gives no right on any secret',
    ],
    [
      'namespaces that are not there',
      { grants: [{ ...grants[0], namespaces: ['media', 'medai', 'web-*'] }] },
      'doubt: grants name namespaces that do not exist (grants[0]: medai, grants[0]: web-*)',
    ],
    ['no replicas', { vault: { ...vault, replicas: [] } }, 'doubt: Vault’s replicas are not named'],
    [
      'plain HTTP to another machine',
      { vault: { ...vault, address: 'http://vault.example.org:8200' } },
      'doubt: Vault is spoken to in clear, outside of the cluster: new values can be listened to (vault.address: http://vault.example.org:8200)',
    ],
    [
      'plain HTTP to an address',
      { vault: { ...vault, replicas: [{ name: 'a', address: 'http://10.0.0.7:8200' }] } },
      'doubt: Vault is spoken to in clear, outside of the cluster: new values can be listened to (vault.replicas[0]: http://10.0.0.7:8200)',
    ],
    [
      'a token in a file',
      { vault: { ...vault, auth: { tokenFile: '/token' } } },
      'doubt: the bot logs in to Vault with a token out of a file',
    ],
    [
      'another Slack',
      {
        slack: {
          botToken: { env: 'TOKEN' },
          appToken: { env: 'TOKEN' },
          apiUrl: 'https://slack.example.org/api/',
        },
      },
      'doubt: Slack’s tokens are sent to another host',
    ],
  ])('finds %s', async (_what, changes, wanted) => {
    const wrong = await wrongWith(changes);
    expect(wrong).toHaveLength(1);
    expect(wrong[0]).toContain(wanted);
  });

  test('tells it when the namespaces can not be had', async () => {
    const { configuration } = readConfiguration(stringify({ vault, grants }), 'c.yaml', surroundings);
    const blind = createConfigurationInspector({ configuration, namespaces: async () => undefined });
    expect(await blind.inspect(call)).toContainEqual(
      expect.objectContaining({ state: 'unknown', what: 'whether the namespaces in the grants exist' }),
    );
  });
});

describe('a file that can not be taken', () => {
  const examine = (text: string) =>
    examineFile('c.yaml', { env: {}, readFile: (path) => (path === 'c.yaml' ? text : '') });

  test('has all its faults told, and what can be used of it is used', () => {
    const slack = { botToken: { env: 'NONE' }, appToken: { file: '/none' } };
    const { loaded, faults } = examine(
      stringify({ vault, grants: [{ ...grants[0], to: ['nobody'] }], slack }),
    );
    expect(loaded?.configuration.vault.address).toBe(vault.address);
    expect(faults).toHaveLength(3);
    expect(findingsOfFaults(faults)).toEqual(
      faults.map((what) => ({
        area: 'Configuration',
        state: 'fault',
        what,
        evidence: expect.any(String),
        fix: expect.any(String),
      })),
    );
  });

  test.each([
    ['of another form', 'vault: 7\nsurprise: 1\n', 2],
    ['no YAML', 'a: [', 1],
    ['with an endless alias', 'a: *b\n', 1],
  ])('%s', (_what, text, many) => {
    const { loaded, faults } = examine(text);
    expect(loaded).toBeUndefined();
    expect(faults).toHaveLength(many);
  });
});
