import type { ForgePull } from './forge-state.ts';
import type { PullAction } from './git-host.ts';
import type { ForgeStandIn } from './start-forge.ts';

/** Does it as the host does: throws, in its words, what it refuses. */
export async function actOnPull(forge: ForgeStandIn, { act, number, login }: PullAction): Promise<void> {
  const pull = forge.pulls().find((each) => each.number === number);
  if (pull === undefined) throw new Error(`there is no pull request #${number}`);
  if (pull.state !== 'open') {
    throw new Error(`pull request #${number} is ${pull.merged === undefined ? 'closed' : 'merged'}`);
  }
  const person = forge.as(login);
  switch (act) {
    case 'approve':
      return person.review(number, 'approve');
    case 'push':
      return pushMore(forge, pull, login);
    case 'merge':
      await person.merge(number, 'squash');
      return;
    case 'close':
      return person.close(number);
  }
}

/** One more commit that changes nothing of what is asked for: an approval counts for the commit before it. */
async function pushMore(forge: ForgeStandIn, { branch }: ForgePull, login: string): Promise<void> {
  const { files } = await forge.tree(branch);
  const path = 'README.md';
  const text = `${files.get(path) ?? ''}\n${login} was here.\n`;
  await forge.as(login).push(branch, { [path]: text }, `Push another commit as ${login}`);
}
