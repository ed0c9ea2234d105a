import type { PlaygroundOptions } from './read-options.ts';
import type { Scene } from './scene.ts';
import { channels } from './slack/seed.ts';
import { converse, findPerson } from './text-client.ts';

/** Says every line, one after another. Resolves with whether the last card is a success or an answer. */
export async function speak({ slack }: Scene, { say, as }: PlaygroundOptions): Promise<boolean> {
  const { id: user } = findPerson(slack.seed, as);
  const write = (text: string): void => void process.stdout.write(`${text}\n`);
  let good = false;
  for (const line of say) {
    good = await converse({ slack, user, channel: channels.platform, write }, line);
  }
  return good;
}
