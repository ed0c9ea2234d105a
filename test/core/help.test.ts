import { describe, expect, test } from 'vitest';
import { commands } from '../../commands/index.ts';
import { type Card, plainText } from '../../src/core/card.ts';
import { fieldsOf } from '../../src/core/form.ts';
import { helpFor, helpOverview } from '../../src/core/help.ts';
import { admin, openHouse } from '../support/house.ts';

const house = openHouse();
const { dispatcher } = house;

function cardOf(line: string): Card {
  const reading = house.read(line);
  if (reading.kind === 'ready') throw new Error(`/${line} was read as ready`);
  return reading.card;
}

function formIn(card: Card): string {
  return plainText(card.fields?.find(({ label }) => label === 'Form')?.value ?? '');
}

describe('help', () => {
  test.each(commands)(
    'of $name mentions every argument with what it is, its right, and works by every door',
    (command) => {
      const card = helpFor(command);
      const text = (card.fields ?? []).flatMap(({ label, value }) => [label, plainText(value)]).join('\n');
      for (const field of fieldsOf(command)) {
        expect(text).toContain(field.byPosition ? field.label : `--${field.flag}`);
        expect(field.hint, `${command.name} ${field.key} has no description`).not.toBe('');
        expect(text).toContain(field.hint);
        for (const choice of field.choices) expect(text).toContain(choice);
      }
      expect(text).toContain(`the right “${command.may}”`);
      const [family = '', name = ''] = command.name.split(' ');
      for (const line of [`${family} help ${name}`, `${command.name} --help`, `help ${command.name}`]) {
        expect(cardOf(line)).toEqual(card);
      }
    },
  );

  test.each(commands.flatMap((command) => command.examples.map((example) => [example, command.name])))(
    'the example /%s is read',
    (example, name) => {
      const words = example.match(/"[^"]*"|\S+/g)?.map((word) => word.replaceAll('"', '')) ?? [];
      const reading = dispatcher.read(words, admin);
      expect(reading.kind === 'answer' ? reading.card.title : reading.command.name).toBe(name);
      expect(reading.kind).toBe('ready');
    },
  );

  test('the overviews list every command', () => {
    expect(cardOf('help')).toEqual(helpOverview(commands));
    expect(dispatcher.read([], admin)).toEqual({ kind: 'answer', card: helpOverview(commands) });
    expect(cardOf('--help').fields).toHaveLength(commands.length);
    expect(cardOf('secret').fields?.map(({ label }) => label)).toEqual(
      commands.filter(({ name }) => name.startsWith('secret ')).map(({ name }) => `/${name}`),
    );
    expect(cardOf('vault help').title).toBe('What /vault can do');
    expect(cardOf('help nothing').title).toContain('There is no command');
    expect(cardOf('secret help nothing').title).toContain('There is no command');
  });

  test('every command has a summary without a full stop, an example, and a name of two words', () => {
    for (const { name, summary, examples } of commands) {
      expect(name).toMatch(/^[a-z]+ [a-z]+$/);
      expect(summary).toMatch(/^[A-Z].*[^.]$/);
      expect(examples.length).toBeGreaterThan(0);
    }
    expect(new Set(commands.map(({ name }) => name)).size).toBe(commands.length);
  });

  test('the form of a command shows what may be left out', () => {
    expect(formIn(cardOf('help secret policy'))).toBe(
      '/secret policy SECRET [PROPERTIES…] [--nature self-contained|two-sided|external] [--every TEXT]',
    );
    expect(formIn(cardOf('help secret list'))).toBe(
      '/secret list [NAMESPACE] [--overdue | --no-overdue] [--failing | --no-failing]',
    );
  });
});
