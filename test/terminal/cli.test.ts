import { describe, expect, test } from 'vitest';
import { commands } from '../../commands/index.ts';
import { answerWithout, exitCodes, readCommandLine, runCli } from '../../src/cli.ts';
import type { Card } from '../../src/core/card.ts';
import { fault } from '../support/fake-vault.ts';
import { type House, openHouse } from '../support/house.ts';

async function run(house: House, line: string, output: 'text' | 'json' = 'text') {
  const written: string[] = [];
  const code = await runCli(
    {
      dispatcher: house.dispatcher,
      style: { colours: false, width: 80 },
      output,
      signal: new AbortController().signal,
      write: (text) => void written.push(text),
    },
    line.split(' ').filter(Boolean),
  );
  return { code, text: written.join('') };
}

describe('the command line', () => {
  test.each<[readonly string[], object]>([
    [['secret', 'list'], { config: 'chatelaine.yaml', output: 'text', words: ['secret', 'list'] }],
    [['--config', 'a.yaml', 'secret', 'list'], { config: 'a.yaml', words: ['secret', 'list'] }],
    [
      ['secret', 'list', '--config=b.yaml', '--output=json'],
      { config: 'b.yaml', output: 'json', words: ['secret', 'list'] },
    ],
    [['secret', 'rotate', 'x', '--', '--config'], { words: ['secret', 'rotate', 'x', '--', '--config'] }],
    [['--bogus'], { words: ['--bogus'] }],
    [[], { words: [] }],
  ])('%j', (argv, options) => {
    expect(readCommandLine(argv, {})).toMatchObject({ kind: 'run', options });
  });

  test.each<[readonly string[], string]>([
    [['--output'], '--output needs a value'],
    [['secret', 'list', '--config'], '--config needs a value'],
    [['--output', 'yaml'], '--output is text or json'],
    [['--output='], '--output is text or json'],
  ])('%j is wrong: %s', (argv, why) => {
    expect(readCommandLine(argv, {})).toEqual({ kind: 'wrong', why });
  });

  test('the file may be named by the environment, and the flag comes first', () => {
    const env = { CHATELAINE_CONFIG: 'env.yaml' };
    expect(readCommandLine([], env)).toMatchObject({ options: { config: 'env.yaml' } });
    expect(readCommandLine(['--config', 'flag.yaml'], env)).toMatchObject({
      options: { config: 'flag.yaml' },
    });
  });
});

describe('exit codes', () => {
  test.each<[string, keyof typeof exitCodes]>([
    ['secret list', 'done'],
    ['secret status security/dex', 'done'],
    ['secret rotate media/jellyfin', 'done'],
    ['secret policy media/sonarr token --nature external', 'done'],
    ['help', 'done'],
    ['secret', 'done'],
    ['secret rotate --help', 'done'],
    ['', 'done'],
    ['secret rotate home/paperless db-password', 'failed'],
    ['secret status media/nothing', 'failed'],
    ['secret rotate media/sonarr', 'failed'],
    ['secret rotate', 'usage'],
    ['secret rotate sonarr', 'usage'],
    ['secret list --bogus', 'usage'],
    ['secret rotate media/jellyfin --length none', 'usage'],
    ['nothing', 'usage'],
    ['--bogus', 'usage'],
  ])('%j: %s', async (line, code) => {
    const { code: seen, text } = await run(openHouse(), line);
    expect(seen).toBe(exitCodes[code]);
    if (line !== 'secret rotate media/jellyfin') expect(text).not.toBe('');
  });

  test('work that ended in part is 3, and a fault of our own is 1', async () => {
    const house = openHouse();
    house.cluster.syncs.set('home/homarr', { state: 'late', reason: 'x', message: 'no answer in 5 s' });
    expect((await run(house, 'secret rotate media/jellyfin')).code).toBe(exitCodes.partly);
    house.vault.fails.set('metadata', new Error('down'));
    expect((await run(house, 'secret rotate media/jellyfin')).code).toBe(exitCodes.failed);
  });

  test('the terminal has the rights of the grants that name it', async () => {
    const house = openHouse();
    await run(house, 'secret rotate media/jellyfin');
    expect(house.log.filter(({ actor }) => actor === 'terminal').length).toBeGreaterThan(0);
    expect(house.messages[0]?.at(-1)?.askedBy).toMatchObject({ id: 'terminal', surface: 'terminal' });
  });
});

describe('what is printed', () => {
  test('an operation has shown its own card on the terminal, so nothing is printed twice', async () => {
    expect((await run(openHouse(), 'secret rotate media/jellyfin')).text).toBe('');
  });

  test.each([
    'secret list',
    'secret rotate media/jellyfin',
    'secret rotate',
    'help',
    'secret status media/nothing',
  ])('as JSON `%s` is one card', async (line) => {
    const { text } = await run(openHouse(), line, 'json');
    const card = JSON.parse(text) as Card;
    expect(['success', 'warning', 'failure', 'info']).toContain(card.state);
    expect(card.title).not.toBe('');
  });

  test('a refusal ends in the form and in what state things are', async () => {
    const { text } = await run(openHouse(), 'secret list --bogus');
    expect(text).toBe(
      [
        '✗ /secret list was not run: there is no flag “--bogus”',
        '  Form   /secret list [NAMESPACE] [--overdue | --no-overdue] [--failing | --no-failing]',
        '  For example: /secret list',
        '  Nothing changed.',
        '',
      ].join('\n'),
    );
  });

  test('a fault of an adapter is printed as it was told', async () => {
    const house = openHouse();
    house.vault.fails.set('metadata', fault('vault-sealed', 'Vault is sealed'));
    expect((await run(house, 'secret rotate media/jellyfin')).text).toContain(
      '✗ Asking Vault: Vault is sealed',
    );
  });
});

describe('without a configuration', () => {
  test.each([
    'help',
    '--help',
    'secret',
    'secret help',
    'secret --help',
    'secret rotate --help',
    'help secret rotate',
  ])('“%s” is answered with help', (line) => {
    expect(answerWithout(commands, line.split(' '))?.title).toMatch(/^(?:What|\/secret rotate:)/);
  });

  test.each(['help nonsense', 'nonsense', 'secret nonsense', 'secret list --nonsense'])(
    '“%s” is refused',
    (line) => {
      expect(answerWithout(commands, line.split(' '))?.state).toBe('failure');
    },
  );

  test.each(['secret rotate media/help', 'secret list', 'secret uses media/jellyfin help', 'secret rotate'])(
    '“%s” is not answered',
    (line) => {
      expect(answerWithout(commands, line.split(' '))).toBeUndefined();
    },
  );

  test('no words at all start the bot', () => {
    expect(answerWithout(commands, [])).toBeUndefined();
  });
});
