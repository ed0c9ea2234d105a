/**
 * A request without an answer. Made of words of our own: a library's error knows the request, and the request knows the
 * token, and to Vault the value.
 */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  /** Whether any of it may have reached the server. */
  readonly sent: boolean;
  /** In words that follow the server's name: "refused the connection". */
  readonly why: string;

  constructor(sent: boolean, why: string) {
    super(why);
    this.sent = sent;
    this.why = why;
  }
}

/** The whole text of a body. Throws NoAnswer as soon as there are more bytes of it than that. */
export async function readText(stream: AsyncIterable<Uint8Array>, mostBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.byteLength;
    if (size > mostBytes) {
      throw new NoAnswer(true, `answered with more than ${Math.round(mostBytes / 1024 / 1024)} MB`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** `body` is undefined where there was none or it was no JSON; `isJson` tells which. */
export interface JsonBody {
  readonly body: unknown;
  readonly isJson: boolean;
}

/** Reads a text that should be JSON. Never throws: a parser's message would repeat what it read. */
export function readJson(text: string): JsonBody {
  if (text === '') return { body: undefined, isJson: true };
  try {
    return { body: JSON.parse(text) as unknown, isJson: true };
  } catch {
    return { body: undefined, isJson: false };
  }
}
