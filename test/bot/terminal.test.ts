import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { app } from '../../src/playground/slack/seed.ts';
import { hunt, type Quarry } from './hunt.ts';
import { openShell, type Ran, type RunOptions, type Shell } from './run-terminal.ts';

/*
 * The program in a process of its own, as somebody types it on the day Slack is down. Its libraries are told to say
 * all they can; what was printed is searched at the end.
 */

let shell: Shell;

beforeAll(async () => {
  shell = await openShell({
    timing: { reconcileMs: 20, spreadMs: 10, rolloutMs: 50, reloaderMs: 20 },
    configuration: { limits: { pauseSeconds: 0 } },
  });
});

afterAll(() => shell.close());

/** Runs it; whatever comes out has no colour, and no trace of a stack. */
async function run(line: string, options: RunOptions = {}): Promise<Ran> {
  const words = line.split(' ').filter((word) => word !== '');
  const ran = await shell.run(words, { ...options, env: { DEBUG: '*', FORCE_COLOR: '1', ...options.env } });
  expect(ran.out + ran.err).not.toMatch(/\n\s+at .*[:(]|\.[jt]s:\d+:\d+|node:internal|\[object |undefined/);
  // oxlint-disable-next-line no-control-regex -- the escapes that must not be there
  expect(ran.out).not.toMatch(/\u001b/);
  return ran;
}

describe.concurrent('the exit code and the words', () => {
  test('0: done, and told while it is done', async () => {
    const { code, out, err } = await run('secret rotate media/jellyfin --reason drill');
    expect(code).toBe(0);
    expect(out).toMatch(
      /^● Rotating api-key of media\/jellyfin\n✓ api-key of media\/jellyfin: v8 is live in 2 ExternalSecrets, 1 of 1 workloads restarted/,
    );
    expect(out).toContain('✓ Vault wrote v8, was v7');
    expect(err).toBe('');
    expect(shell.world.vault.read('media/jellyfin')?.version).toBe(8);
    expect(shell.world.vault.custom('media/jellyfin')['chatelaine-versions']).toMatch(/^v8=terminal\|/);
    expect(shell.world.kubernetes.secretValue('media', 'jellyfin-secret', 'api-key')).toBe(
      shell.world.vault.read('media/jellyfin')?.data['api-key'],
    );
  });

  test('1: refused, nothing done', async () => {
    const { code, out } = await run('secret rotate home/paperless db-password');
    expect(code).toBe(1);
    expect(out).toContain('It is two-sided');
    expect(out).toContain('Nothing changed.');
  });

  test('2: the words were wrong', async () => {
    const { code, out } = await run('secret rotate plex');
    expect(code).toBe(2);
    expect(out).toContain('2 secrets have that name: home/plex, media/plex');
  });

  test('3: done in part, or it can not be proven', async () => {
    const { code, out } = await run('secret rotate media/tautulli');
    expect(code).toBe(3);
    expect(out).toContain("Ready, but v3 can't be proven: it pins kv/media/tautulli to version 2");
  });

  test('--output json is one document, with the log beside it', async () => {
    const { code, out, err } = await run('secret list home --output json', {
      env: { CHATELAINE_LOG: 'trace' },
    });
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      state: 'info',
      title: expect.stringContaining('secrets you may see in home') as string,
    });
    for (const line of err.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('msg');
    expect(err).toContain('"command":"secret list"');
  });

  test('a cluster that can not be reached, and Ctrl-C while it is waited for', async () => {
    const over = { kubernetes: { server: 'http://127.0.0.1:9' } };
    // Nobody has to wait until it gives up: Ctrl-C ends the waiting.
    const interrupted = { over, env: { CHATELAINE_LOG: 'trace' }, interruptAt: 'ECONNREFUSED' };
    const [list, status] = await Promise.all([
      run('secret list', interrupted),
      run('vault status', interrupted),
    ]);
    expect(list.code).toBe(1);
    expect(list.out).toContain('Looking at the cluster: it is not known yet what is in it');
    expect(status.out).toContain('Running the command: it was interrupted');
  });
});

describe.concurrent('a configuration that is wrong', () => {
  test('every fault at once, each with its line and key, and never what was found there', async () => {
    const config = [
      'slack: { botToken: xoxb-typed-in-the-wrong-place }',
      'vault: { address: "http://root:hunter2@vault:8200", auth: {} }',
      'kubernetes: { namespace: Not_A_Name }',
      'grants: [{ to: [nobody-knows], may: [everything] }]',
      'limits: { pauseSeconds: -1 }',
      'hvs.CAESIJtypedtoken: 1',
    ].join('\n');
    const { code, out, err } = await run('secret list', { config });
    expect(code).toBe(1);
    expect(out).toBe('');
    for (const words of [
      'line 1: slack.botToken must be `file: /path` or `env: NAME`, and never the secret itself',
      'line 2: vault.address must not have a name or password in it',
      'line 2: vault.auth must be `kubernetes:',
      'line 3: kubernetes.namespace may hold lower-case letters',
      'line 4: grants[0].may[0]',
      'line 5: limits.pauseSeconds',
      'the file has unknown keys: (a key that is no word)',
      'Chatelaine did not start.',
    ]) {
      expect(err).toContain(words);
    }
    expect(err).not.toMatch(/xoxb|hunter2|hvs\./);
  });

  test('the bot itself does not start without Slack', async () => {
    const config = stringify({ vault: { address: 'http://vault:8200', auth: { tokenFile: '/x' } } });
    const { code, err } = await run('', { config });
    expect(code).toBe(1);
    expect(err).toContain('the configuration has no section slack');
    expect(err).toContain('Chatelaine did not start.');
  });
});

test('nothing that was printed holds a token or a value', () => {
  const { vault, kubernetes } = shell.world;
  const values = vault.list().flatMap((path) =>
    vault.versions(path).flatMap(({ version }): Quarry[] =>
      Object.values(vault.read(path, version)?.data ?? {}).map((value) => ({
        name: `${path} v${version}`,
        value: String(value),
      })),
    ),
  );
  const tokens = [app.botToken, app.appToken, kubernetes.botToken].map((value) => ({
    name: 'token',
    value,
    whole: true,
  }));
  const text = shell.printed.join('\n');
  expect(text.length).toBeGreaterThan(3_000);
  expect(hunt([...values, ...tokens], [{ at: 'printed', text }])).toEqual([]);
});
