import { commands } from '../commands/index.ts';
import type { Command } from '../src/core/command.ts';
import { type FormField, fieldsOf } from '../src/core/form.ts';
import { usageOf, whereOf } from '../src/core/help.ts';

/** docs/commands.md: the help of every command, made from the same schemas as the parser and the forms. */
export function commandsPage(): string {
  const overview = commands.map(
    ({ name, summary, may }) => `| [\`/${name}\`](#${name.replaceAll(' ', '-')}) | ${summary} | \`${may}\` |`,
  );
  return `# Commands

In Slack they are typed with their slash; in a terminal as \`chatelaine secret list\`, with \`--output json\` for
programs. What is missing or ambiguous is asked for: by a form in Slack, by words in a terminal. A secret is named as
\`namespace/name\` of its ExternalSecret, or by its name alone where that is unique among those that you may see.

| Command | What it does | Right |
|---|---|---|
${overview.join('\n')}

In a terminal the exit code says how it ended: 0 done or answered, 1 not done, 2 the words were wrong, 3 done in part or
not provable.

${commands.map(section).join('\n')}
---
This page is made from the commands' schemas by \`npm run docs\`.
`;
}

function section(command: Command): string {
  const { name, summary, details, may, effect, examples } = command;
  const fields = fieldsOf(command);
  const shown =
    effect === 'write' ? 'Its card is shown to everybody in the channel.' : 'The answer is for you alone.';
  return `## ${name}

${summary}.${details === undefined ? '' : ` ${details}`}

\`\`\`
${usageOf(command)}
\`\`\`

Takes the right \`${may}\`. ${shown}
${fields.length === 0 ? '' : `\n${fieldTable(fields)}\n`}
\`\`\`
${examples.map((example) => `/${example}`).join('\n')}
\`\`\`
`;
}

function fieldTable(fields: readonly FormField[]): string {
  const rows = fields.map((field) => {
    const name = field.byPosition ? field.label.toUpperCase() : `--${field.flag}`;
    return `| \`${name}\` | ${neededIn(field, fields)} | ${field.hint} | ${takes(field)} |`;
  });
  return ['| Argument | | What it is | What it takes |', '|---|---|---|---|', ...rows].join('\n');
}

function neededIn(field: FormField, fields: readonly FormField[]): string {
  const where = whereOf(field, fields);
  if (field.required || field.needed) return `needed ${where}`.trim();
  return where === '' ? '' : `only ${where}`;
}

function takes({ kind, choices, meanings, min, max, flag }: FormField): string {
  if (choices.length > 0) {
    const explained = choices.map((each) => [`\`${each}\``, meanings[each]].filter(Boolean).join(': '));
    return explained.join(Object.keys(meanings).length > 0 ? '; ' : ', ');
  }
  if (kind === 'number') return `${min} to ${max}`;
  return kind === 'flag' ? `\`--${flag}\` or \`--no-${flag}\`` : 'text';
}
