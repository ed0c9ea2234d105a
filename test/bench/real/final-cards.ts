import type { Received } from '../../../src/playground/http-stand-in.ts';

/** Sees which messages have come to their end, when many are under way at once. */
export class FinalCards {
  readonly #ended = new Map<string, string>();
  #waiting: { readonly count: number; readonly resolve: () => void } | undefined;

  /** What Slack was asked to show. */
  hear({ url, body }: Received): void {
    if (!url.endsWith('/chat.update')) return;
    const fields = new URLSearchParams(body);
    const text = fields.get('text') ?? '';
    if (text.startsWith('●')) return;
    this.#ended.set(fields.get('ts') ?? '', text);
    if (this.#waiting !== undefined && this.#ended.size >= this.#waiting.count) this.#waiting.resolve();
  }

  /** Forgets the messages so far, and resolves with the texts when so many others have come to their end. */
  async next(count: number, deadlineMs: number): Promise<readonly string[]> {
    this.#ended.clear();
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve, reject) => {
      this.#waiting = { count, resolve };
      timer = setTimeout(
        () => reject(new Error(`${this.#ended.size} of ${count} cards ended within ${deadlineMs / 1000} s`)),
        deadlineMs,
      );
    }).finally(() => clearTimeout(timer));
    this.#waiting = undefined;
    return [...this.#ended.values()];
  }
}
