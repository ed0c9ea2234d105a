import type { IncomingMessage } from 'node:http';

/** The most that a form may send, with everything around the values. */
export const mostBody = 1024 * 1024;
/** The most that is held of all forms together while they come in. Threat: many that never end. */
const mostHeld = 16 * 1024 * 1024;

export type Body =
  | { readonly state: 'read'; readonly bytes: Buffer }
  | { readonly state: 'too-large' | 'busy' | 'broken' };

/** Reads bodies of requests, bounded one by one and together. How long one may take is the server's to say. */
export class BodyReader {
  #held = 0;

  /** Never throws. What was too much is not read on. */
  async read(request: IncomingMessage): Promise<Body> {
    if (Number(request.headers['content-length'] ?? 0) > mostBody) return { state: 'too-large' };
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) {
        size += chunk.length;
        this.#held += chunk.length;
        chunks.push(chunk);
        if (size > mostBody) return { state: 'too-large' };
        if (this.#held > mostHeld) return { state: 'busy' };
      }
      return { state: 'read', bytes: Buffer.concat(chunks) };
    } catch {
      return { state: 'broken' };
    } finally {
      this.#held -= size;
    }
  }
}
