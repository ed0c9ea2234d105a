import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { exitCodes } from '../../src/cli.ts';
import type { Card } from '../../src/core/card.ts';
import { systemClock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import { people } from '../../src/playground/slack/seed.ts';
import { startWorld, type World } from '../../src/playground/start-world.ts';
import { doctorWords, runDoctor } from '../../src/run-doctor.ts';
import { startBotWorld } from '../support/bot-world.ts';

let world: World;
let folder: string;
beforeAll(async () => {
  world = await startWorld({ rateLimits: false });
  folder = await mkdtemp(join(tmpdir(), 'chatelaine-doctor-'));
  await Promise.all([
    writeFile(join(folder, 'bot-token'), world.env['SLACK_BOT_TOKEN'] ?? ''),
    writeFile(join(folder, 'app-token'), world.env['SLACK_APP_TOKEN'] ?? ''),
  ]);
});
afterAll(async () => {
  await world.close();
  await rm(folder, { recursive: true });
});

/** The world's configuration with its tokens in files, and with changes. */
async function configured(changes: object = {}): Promise<string> {
  const { slack, ...rest } = world.configuration as { readonly slack: object };
  const tokens = {
    botToken: { file: join(folder, 'bot-token') },
    appToken: { file: join(folder, 'app-token') },
  };
  const file = join(folder, 'chatelaine.yaml');
  await writeFile(file, stringify({ ...rest, slack: { ...slack, ...tokens }, ...changes }));
  return file;
}

async function run(config: string, words: readonly string[] = [], output: 'text' | 'json' = 'text') {
  let text = '';
  const context = {
    style: { colours: false, width: 100 },
    output,
    signal: AbortSignal.timeout(60_000),
    write: (more: string) => void (text += more),
  };
  const code = await runDoctor(
    { config, clock: systemClock, log: silentLog, version: 'test' },
    context,
    words,
  );
  return { code, text };
}

test.each<[string, readonly string[] | undefined]>([
  ['doctor', []],
  ['doctor --all', ['--all']],
  ['vault doctor', []],
  ['vault doctor --all', ['--all']],
  ['vault status', undefined],
  ['secret list', undefined],
  ['', undefined],
])('%j', (line, words) => {
  expect(doctorWords(line.split(' ').filter(Boolean))).toEqual(words);
});

describe('chatelaine doctor', () => {
  test('is content with a homelab that is well, without any grant to the terminal', async () => {
    const grants = [{ to: [people.admin], may: ['read'], namespaces: ['*'] }];
    const { code, text } = await run(
      await configured({ grants, groups: {}, alerts: undefined, recovery: {} }),
    );
    expect(text).toMatch(
      /^✓ Nothing was found wrong with this installation; \d things can’t be seen from here\n/,
    );
    expect(code).toBe(exitCodes.done);
  });

  test('is 3 with doubts only, and 1 with a fault', async () => {
    const grants = [{ to: ['*'], may: ['rotate'], namespaces: ['*'] }];
    const doubtful = await run(await configured({ grants, groups: {}, alerts: undefined, recovery: {} }));
    expect(doubtful.text).toMatch(/^▲ This installation has 1 doubt;/);
    expect(doubtful.code).toBe(exitCodes.partly);
    const wrong = await run(await configured({ grants: [], groups: {}, alerts: undefined, recovery: {} }));
    expect(wrong.text).toMatch(/^✗ This installation has 1 fault;/);
    expect(wrong.code).toBe(exitCodes.failed);
  });

  test('goes on past a configuration that could not be started with, and tells its faults first', async () => {
    const slack = { botToken: { file: join(folder, 'nothing') }, appToken: { env: 'NOT_SET_ANYWHERE' } };
    const { code, text } = await run(await configured({ slack, web: { port: 8080 } }), ['--all']);
    const lines = text.split('\n');
    expect(lines[1]).toMatch(
      /^ {2}✗ Configuration: line \d+: slack\.botToken names a file that can’t be read/,
    );
    expect(lines[3]).toMatch(
      /^ {2}✗ Configuration: line \d+: slack\.appToken names a variable that is empty/,
    );
    expect(text).toContain('✓ Vault: the bot can log in');
    expect(text).toContain('✓ External Secrets: ClusterSecretStore vault is Ready');
    expect(code).toBe(exitCodes.failed);
  });

  test('tells all faults of one that says too little to go on with', async () => {
    const { code, text } = await run(await configured({ vault: {}, surprise: 1 }));
    expect(text).toContain('✗ Configuration: the file has unknown keys: surprise');
    expect(text).toContain('vault.address');
    expect(text).toContain('? Configuration: not seen, everything else');
    expect(code).toBe(exitCodes.failed);
  });

  test('tells it when there is no file, or no cluster to go to', async () => {
    const none = await run(join(folder, 'no-such.yaml'));
    expect(none.text).toContain('✗ Configuration: the file can’t be read');
    expect(none.code).toBe(exitCodes.failed);
    const lost = await run(await configured({ kubernetes: { kubeconfig: '/no/such/file' } }), ['--all']);
    expect(lost.text).toContain('✗ Kubernetes: the kubeconfig can not be read');
    expect(lost.text).toContain('✓ Vault: the bot can log in');
  });

  test('waits for nothing that is away', async () => {
    world.vault.faults.down = true;
    world.kubernetes.faults.down = true;
    try {
      const { code, text } = await run(await configured());
      expect(text).toContain('✗ Vault: no replica is active');
      expect(text).toContain('✗ Kubernetes: the API server broke the connection off');
      expect(text).toContain('Slack 4');
      expect(code).toBe(exitCodes.failed);
    } finally {
      world.vault.faults.down = false;
      world.kubernetes.faults.down = false;
    }
  });

  test('is one card as JSON', async () => {
    const { text } = await run(await configured(), [], 'json');
    expect((JSON.parse(text) as Card).state).toBe('success');
  });

  test('says how it is called', async () => {
    const help = await run('unread', ['--help']);
    expect(help.text).toContain('/vault doctor [--all | --no-all]');
    expect(help.code).toBe(exitCodes.done);
    const wrong = await run('unread', ['--everything']);
    expect(wrong.text).toContain('there is no flag “--everything”');
    expect(wrong.code).toBe(exitCodes.usage);
  });

  test('is a program: words, output, exit code', async () => {
    const config = await configured({ grants: [], groups: {}, alerts: undefined, recovery: {} });
    const program = join(import.meta.dirname, '../../src/main.ts');
    const ended = await new Promise<{ readonly code: unknown; readonly text: string }>((resolve) => {
      execFile(process.execPath, [program, '--config', config, 'doctor'], (error, text) => {
        resolve({ code: error?.code ?? 0, text });
      });
    });
    expect(ended.text).toContain('✗ Configuration: nobody may do anything');
    expect(ended.code).toBe(exitCodes.failed);
  });
});

describe('/vault doctor', () => {
  test('tells the same in Slack, to those who may know it', async () => {
    const bot = await startBotWorld();
    try {
      const told = await bot.say('/vault doctor --all');
      expect(told.text).toContain('✓ Nothing was found wrong with this installation');
      expect(told.text).toContain('Slack: Socket Mode is connected');
      expect(told.good).toBe(true);
      bot.kubernetes.faults.noAdmissionPolicy = true;
      const wrong = await bot.say('/vault doctor');
      expect(wrong.text).toContain(
        '✗ Kubernetes: the admission policy does not hold for ExternalSecret, Deployment',
      );
      expect(wrong.text).toContain('kubectl apply -f manifests/chatelaine/annotations-only.yaml');
      expect((await bot.say('/vault doctor', people.viewer)).text).toContain(
        'You may not inspect the installation',
      );
    } finally {
      await bot.close();
    }
  });
});
