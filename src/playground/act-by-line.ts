import { actOnPull } from './forge/act-on-pull.ts';
import { describePulls, type PullShown } from './forge/describe-pulls.ts';
import type { ForgeStandIn } from './forge/start-forge.ts';
import type { GitLine } from './git-line.ts';
import { type Conversation, hear } from './text-client.ts';

/** Does what a line says on the Git host, and writes what changes in Slack by it. Resolves with whether all went well. */
export async function actByLine(
  forge: ForgeStandIn,
  conversation: Conversation,
  { act, number, login }: GitLine,
): Promise<boolean> {
  const { write } = conversation;
  const pulls = await describePulls(forge);
  const pull = pulls.find((each) => (number === undefined ? each.state === 'open' : each.number === number));
  if (pull === undefined) {
    write(`There is no ${number === undefined ? 'open pull request' : `pull request #${number}`}.`);
    return false;
  }
  if (act === 'show') {
    write(showPull(pull));
    return true;
  }
  const said = `${login} on the Git host: ${act} #${pull.number}`;
  try {
    return await hear(conversation, said, () => actOnPull(forge, { act, number: pull.number, login }));
  } catch (error) {
    write(`The Git host says: ${error instanceof Error ? error.message : 'no'}`);
    return false;
  }
}

const signs: Readonly<Record<string, string>> = { success: '✓', failure: '✗', error: '✗' };
const marks = { place: '', same: '  ', added: '+ ', removed: '- ' } as const;

function showPull(pull: PullShown): string {
  const { number, title, state, author, branch, base, head } = pull;
  const lines = [
    `${author}: ${branch} into ${base}, at ${head}`,
    ...pull.statuses.map(
      (each) =>
        `${signs[each.state] ?? '…'} ${each.context}${each.required ? ' (required)' : ''}: ${each.description || 'not set yet'}`,
    ),
    ...pull.reviews.map((each) => `${each.by}: ${each.verdict}${each.old ? ', of an earlier commit' : ''}`),
    ...pull.files.flatMap(({ path, added, removed, lines: changed }) => [
      `${path} +${added} -${removed}`,
      ...changed.map(({ kind, text }) => `  ${marks[kind]}${text}`),
    ]),
  ];
  return [`#${number} ${title} (${state})`, ...lines.map((line) => `  ${line}`)].join('\n');
}
