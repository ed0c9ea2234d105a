import { type PullAct, pullActs } from './forge/git-host.ts';
import { accounts } from './forge/seed.ts';

/** What is done on the Git host from a terminal: `approve`, `merge #3 as sam`, `show`. */
export interface GitLine {
  readonly act: PullAct | 'show';
  /** The newest that is open, where none is named. */
  readonly number?: number;
  readonly login: string;
}

const acts: readonly GitLine['act'][] = ['show', ...pullActs];

/** Reads one. Throws a TypeError that says how they are written. */
export function readGitLine(text: string): GitLine {
  const [, word, number, login = accounts.admin] =
    /^(\w+)(?:\s+#?(\d+))?(?:\s+as\s+@?([\w-]+))?$/.exec(text.trim()) ?? [];
  const act = acts.find((each) => each === word);
  const known: readonly string[] = Object.values(accounts);
  if (act === undefined || !known.includes(login)) {
    throw new TypeError(
      `--git takes ${acts.join(', ')}, then which (#3) and as whom (as ${known.join(', ')}), not “${text}”`,
    );
  }
  return { act, login, ...(number === undefined ? {} : { number: Number(number) }) };
}
