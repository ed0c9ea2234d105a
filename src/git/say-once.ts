import { isSameLogin } from '../core/git-names.ts';
import type { Call } from '../core/ports/call.ts';
import type { Host, Request } from './host.ts';
import { listPages } from './list-pages.ts';
import { Comment } from './shapes.ts';

export interface Said {
  readonly number: number;
  readonly mark: string;
  readonly text: string;
  readonly size: number;
  readonly bot: (call: Call) => Promise<string>;
}

/** A comment that is there once, however often this is asked: its mark is in it, where people don't see it. */
export async function sayOnce(
  host: Host,
  { number, mark, text, size, bot }: Said,
  call: Call,
): Promise<void> {
  const unseen = `<!-- chatelaine: ${mark.replace(/[^A-Za-z0-9-]/g, '')} -->`;
  const doing = `commenting on proposal ${number}`;
  const path = `/issues/${number}/comments`;
  const request: Request = { path: `${path}?`, doing, right: 'Pull requests: read' };
  const [self, all] = [await bot(call), await listPages(host, Comment, { request, size }, call)];
  // Somebody else may have copied the mark, to keep the bot from saying it.
  const isOurs = all.some(
    ({ body, user }) => user != null && isSameLogin(user.login, self) && body?.includes(unseen),
  );
  if (isOurs) return;
  const body = { body: `${text}\n\n${unseen}` };
  await host.ask({ method: 'POST', path, body, doing, right: 'Pull requests: write' }, call);
}
