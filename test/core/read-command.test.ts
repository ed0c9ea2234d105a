import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commands } from '../../commands/index.ts';
import { type Card, plainText } from '../../src/core/card.ts';
import type { Reading } from '../../src/core/dispatcher.ts';
import { usageOf } from '../../src/core/help.ts';
import { admin, openHouse, stranger } from '../support/house.ts';

const house = openHouse();
const { dispatcher } = house;

function given(line: string): unknown {
  const reading = house.read(line);
  expect(reading.kind).toBe('ready');
  return (reading as Reading & { kind: 'ready' }).given;
}

function cardOf(line: string): Card {
  const reading = house.read(line);
  if (reading.kind === 'ready') throw new Error(`/${line} was read as ready`);
  return reading.card;
}

function formIn(card: Card): string {
  return plainText(card.fields?.find(({ label }) => label === 'Form')?.value ?? '');
}

describe('words become fields', () => {
  test.each<[string, unknown]>([
    ['secret rotate media/jellyfin', { target: 'media/jellyfin' }],
    ['secret rotate jellyfin api-key', { target: 'media/jellyfin', properties: ['api-key'] }],
    ['secret rotate media/jellyfin a b c', { target: 'media/jellyfin', properties: ['a', 'b', 'c'] }],
    [
      'secret rotate media/jellyfin --length 40 --kind=hex',
      { target: 'media/jellyfin', length: 40, kind: 'hex' },
    ],
    ['secret rotate --no-restart media/jellyfin', { target: 'media/jellyfin', restart: false }],
    ['secret rotate --restart -- media/jellyfin', { target: 'media/jellyfin', restart: true }],
    ['secret rotate media/jellyfin --reason --restart', { target: 'media/jellyfin', reason: '--restart' }],
    ['secret rotate media/jellyfin --reason=a=b', { target: 'media/jellyfin', reason: 'a=b' }],
    ['secret list', {}],
    ['secret list media --failing', { namespace: 'media', failing: true }],
    ['vault status', {}],
  ])('/%s', (line, fields) => {
    expect(given(line)).toEqual(fields);
  });

  test.each<[string, string]>([
    ['secret rotate media/jellyfin --lenght 40', 'there is no flag “--lenght”'],
    ['secret rotate media/jellyfin --target x', 'there is no flag “--target”'],
    ['secret rotate media/jellyfin --length', '--length needs a value'],
    ['secret rotate media/jellyfin --restart=yes', '--restart takes no value'],
    ['secret rotate media/jellyfin --length 40 --length 41', '--length is given twice'],
    ['secret rotate media/jellyfin --restart --no-restart', '--restart is given twice'],
    ['secret rotate media/jellyfin --length many', '--length must be a whole number from 1 to 1024'],
    ['secret rotate media/jellyfin --length 1e3', '--length must be a whole number from 1 to 1024'],
    ['secret rotate media/jellyfin --length -1', '--length must be a whole number from 1 to 1024'],
    ['secret rotate media/jellyfin --length 12.5', '--length must be a whole number from 1 to 1024'],
    ['secret rotate media/jellyfin --kind emoji', '--kind must be one of password, hex,'],
    ['secret rotate media/jellyfin ../x', 'Properties may hold letters, digits'],
    ['secret list media home', '“home” is one word too many'],
    ['secret list Media', 'Namespace may hold lower-case letters'],
    ['secret status media/jellyfin extra', '“extra” is one word too many'],
    ['vault status now', '“now” is one word too many'],
    [`secret status ${'x '.repeat(300)}`, 'more than 200 words'],
  ])('/%s is not run: %s', (line, why) => {
    const card = cardOf(line);
    expect(card.state).toBe('failure');
    expect(card.title).toContain(why);
    expect(card.lines?.at(-1)).toBe('Nothing changed.');
    const [family = '', name = ''] = line.split(' ');
    expect(formIn(card)).toContain(`/${family} ${name}`);
  });

  test.each([
    ['secret rotate', 'Secret is missing', ['target']],
    ['secret policy home/paperless', '--every is missing', ['properties', 'nature']],
    ['secret sonarr', 'There is no command', []],
  ])('/%s: %s', (line, why) => {
    expect(cardOf(line).title).toContain(why);
  });

  test('what is missing is asked for, with the rest kept', () => {
    const reading = house.read('secret policy home/paperless db-password');
    expect(reading).toMatchObject({
      kind: 'ask',
      given: { target: 'home/paperless', properties: ['db-password'] },
      why: 'Choose: Nature.',
      problems: {},
    });
  });

  test('an ambiguous name is asked for', () => {
    expect(house.read('secret rotate sonarr token')).toMatchObject({
      kind: 'ask',
      why: '2 secrets have that name: home/sonarr, media/sonarr.',
      problems: { target: expect.stringContaining('home/sonarr, media/sonarr') as string },
    });
  });

  test('fields of a form are checked as words are, and what is no field is left aside', () => {
    const rotate = commands.find(({ name }) => name === 'secret rotate');
    if (rotate === undefined) throw new Error('there is no rotate');
    expect(
      dispatcher.readFields(rotate, { target: 'jellyfin', length: 4096, kind: 'emoji' }, admin),
    ).toMatchObject({
      kind: 'ask',
      problems: {
        length: 'must be a whole number from 1 to 1024',
        kind: expect.stringContaining('must be one of') as string,
      },
    });
    expect(dispatcher.readFields(rotate, { target: 'jellyfin', length: 32 }, admin).kind).toBe('ready');
  });

  test('a form names fields as it shows them, a typed command as they are typed', () => {
    const fresh = commands.find(({ name }) => name === 'secret new');
    if (fresh === undefined) throw new Error('there is no new');
    const empty = dispatcher.readFields(fresh, {}, admin);
    expect(empty).toMatchObject({ kind: 'ask', why: 'Choose: Category, Name.' });
    expect(cardOf('secret new').title).toContain('--category is missing; Name is missing');
    const given = {
      category: 'certificate',
      target: 'home/web',
      dns: ['a.example.org'],
      properties: ['key'],
    };
    expect(dispatcher.readFields(fresh, given, admin)).toMatchObject({
      problems: { properties: 'has no meaning where Category is certificate' },
    });
  });

  test('an unknown command says which it may be', () => {
    const said = (line: string): string => (cardOf(line).lines ?? []).map(plainText).join(' ');
    expect(said('secret rotat media/jellyfin')).toContain('Did you mean /secret rotate?');
    expect(said('secret zzzzzzzzzzz')).toContain('All of them: /secret help. Nothing changed.');
    expect(said('vault unlock')).toContain('/vault help');
    expect(cardOf('nothing').title).toBe('There is no command “/nothing”');
  });
});

describe('any words', () => {
  const hostile = fc.constantFrom(
    '',
    ' ',
    '--',
    '-',
    '--=',
    '--length=',
    '--__proto__=1',
    '--constructor',
    '__proto__',
    'toString',
    '../../sys/policies',
    'media/jellyfin',
    'sonarr',
    '\u202e\u0000\u001b[2J',
    '<!channel>',
    '`*_~',
    '$(reboot)',
    '9'.repeat(400),
    'x'.repeat(5000),
    'help',
    '--help',
  );
  const word = fc.oneof(
    hostile,
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constantFrom('secret', 'vault'),
  );
  const firstTwo = fc.constantFrom(...commands.map(({ name }) => name.split(' ')), [], ['secret'], ['help']);

  test('never throw, and give one card that is bounded and has no control character', () => {
    fc.assert(
      fc.property(
        firstTwo,
        fc.array(word, { maxLength: 6 }),
        fc.constantFrom(admin, stranger),
        (start, words, actor) => {
          const reading = dispatcher.read([...start, ...words], actor);
          if (reading.kind === 'ready') return;
          const { title, lines = [], fields = [] } = reading.card;
          const text = [title, ...lines, ...fields.map(({ value }) => value)].map(plainText).join('');
          expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
          expect(plainText(title).length).toBeLessThan(600);
          if (reading.kind === 'ask') expect(formIn(reading.card)).toBe(usageOf(reading.command));
        },
      ),
      { numRuns: 300 },
    );
  });

  test('and any fields never throw either', () => {
    const value = fc.oneof(word, fc.array(word, { maxLength: 3 }), fc.boolean(), fc.double());
    const keys = fc.constantFrom(
      'target',
      'properties',
      'length',
      'kind',
      'nature',
      '__proto__',
      'constructor',
      'x',
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...commands),
        fc.dictionary(keys, value, { maxKeys: 5 }),
        (command, fields) => {
          expect(['ready', 'ask']).toContain(dispatcher.readFields(command, fields, admin).kind);
        },
      ),
      { numRuns: 200 },
    );
  });
});
