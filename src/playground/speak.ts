import { actByLine } from './act-by-line.ts';
import type { PlaygroundOptions } from './read-options.ts';
import type { Scene } from './scene.ts';
import { channels } from './slack/seed.ts';
import { type Conversation, converse, findPerson } from './text-client.ts';

/** Says and does every line, one after another. Resolves with whether the last card is a success or an answer. */
export async function speak({ slack, git }: Scene, { lines, as }: PlaygroundOptions): Promise<boolean> {
  const { id: user } = findPerson(slack.seed, as);
  const write = (text: string): void => void process.stdout.write(`${text}\n`);
  const conversation: Conversation = { slack, user, channel: channels.platform, write };
  let good = false;
  for (const each of lines) {
    if (each.kind === 'say') good = await converse(conversation, each.text);
    else good = await actByLine(git, conversation, each.line);
  }
  return good;
}
