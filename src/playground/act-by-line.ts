import type { GitHost, PullShown } from './forge/git-host.ts';
import type { GitLine } from './git-line.ts';
import { type Conversation, hear } from './text-client.ts';
import { waitFor } from './wait-for.ts';

/** Does what a line says on the Git host, and writes what changes in Slack by it. Resolves with whether all went well. */
export async function actByLine(
  host: GitHost,
  conversation: Conversation,
  { act, number, login }: GitLine,
): Promise<boolean> {
  const { write } = conversation;
  const pulls = await host.pulls();
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
    return await hear(conversation, said, async () => {
      await host.act({ act, number: pull.number, login });
      return unseen(act, pull.number, act !== 'approve' || (await checked(host, pull.number)));
    });
  } catch (error) {
    write(`The Git host says: ${error instanceof Error ? error.message : 'no'}`);
    return false;
  }
}

/** How long the bot may take to see an approval, in milliseconds: one that does not count changes nothing. */
const checkedWithin = 5_000;

/** What the card of a proposal says, as a notification shows it, until the bot has seen what was done; undefined where it need not change. */
function unseen(act: GitLine['act'], number: number, counts: boolean): RegExp | undefined {
  if (act === 'merge' || act === 'close')
    return new RegExp(`pull request #${number}(?: can be merged)?(?:\\.|$)`);
  return act === 'approve' && counts
    ? new RegExp(`second person: pull request #${number}(?:\\.|$)`)
    : undefined;
}

/**
 * Waits until the checks that are required have all passed, so that the next line can merge; or some time, where they
 * don't. Answers whether they have.
 */
async function checked(host: GitHost, number: number): Promise<boolean> {
  const havePassed = async (): Promise<boolean> => {
    const statuses = (await host.pulls()).find((each) => each.number === number)?.statuses ?? [];
    return statuses.every(({ required, state }) => !required || state === 'success');
  };
  return waitFor(havePassed, 'the checks', checkedWithin).then(
    () => true,
    () => false,
  );
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
