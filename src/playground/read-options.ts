import { parseArgs } from 'node:util';
import { type GitLine, readGitLine } from './git-line.ts';

/** Something that is said in Slack, or done on the Git host. */
export type Line =
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'git'; readonly line: GitLine };

export interface PlaygroundOptions {
  readonly port: number;
  /** What to say and do, one after another; without any the page is served. */
  readonly lines: readonly Line[];
  /** Who speaks. */
  readonly as: string;
  readonly transcript?: string;
  /** Real servers behind the bot, Slack aside. */
  readonly real: boolean;
  readonly help: boolean;
}

export const usage = `npm run playground -- [options]

  --port N            the page's port (4400)
  --say TEXT          say it instead of serving a page, print the conversation, and end; may be repeated
  --git TEXT          do it on the Git host, in turn with what is said: show, approve, push, merge, close; which pull
                      request and as whom can follow: “approve”, “merge #2 as sam” (ada, and the newest, unless told)
  --as NAME           who speaks: robin (may rotate and propose in media and home), ada (may do everything), sam (may look)
  --real              real servers in the place of the stand-ins, Slack's excepted; needs Go and a C compiler the first time
  --transcript FILE   write every byte that the stand-ins received, one JSON object a line
  --help              this

With --say the exit code is 0 when the last card is a success or an answer, and 1 when it is not.
`;

/** Reads the playground's own options. Throws a TypeError with what is wrong. */
export function readOptions(argv: readonly string[]): PlaygroundOptions {
  const { values, tokens } = parseArgs({
    args: [...argv],
    tokens: true,
    options: {
      port: { type: 'string', default: '4400' },
      say: { type: 'string', multiple: true, default: [] },
      git: { type: 'string', multiple: true, default: [] },
      as: { type: 'string', default: 'robin' },
      transcript: { type: 'string' },
      real: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new TypeError('--port is a number from 0 to 65535');
  const lines = tokens.flatMap((token) => (token.kind === 'option' ? lineOf(token.name, token.value) : []));
  const { as, help, real, transcript } = values;
  return { port, lines, as, help, real, ...(transcript === undefined ? {} : { transcript }) };
}

/** In the order in which they were given. */
function lineOf(option: string, text = ''): readonly Line[] {
  if (option === 'say') return [{ kind: 'say', text }];
  return option === 'git' ? [{ kind: 'git', line: readGitLine(text) }] : [];
}
