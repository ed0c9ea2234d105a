import { Agent, fetch } from 'undici';

export interface Answer {
  readonly status: number;
  /** Parsed JSON, else the text. */
  readonly body: any;
}

export type PatchType = 'merge' | 'strategic' | 'json' | 'apply';

const contentTypes: Record<PatchType, string> = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
  apply: 'application/apply-patch+yaml',
};

/** Bare HTTP calls to an API server: what is sent is what the test says, and every status is an answer. */
export interface Api {
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  patch(type: PatchType, path: string, body: unknown): Promise<Answer>;
  /** The answer's body. Throws, with what the server said, when the status is not 2xx. */
  need(method: string, path: string, body?: unknown): Promise<Answer['body']>;
  close(): Promise<void>;
}

/** Calls an API server with one bearer token. */
export function openApi({ url, ca, token }: { url: string; ca: string; token: string }): Api {
  const dispatcher = new Agent({ connect: { ca } });
  const call: Api['call'] = async (method, path, body, headers) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      dispatcher,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: parse(await answer.text()) };
  };
  return {
    call,
    patch: (type, path, body) => call('PATCH', path, body, { 'content-type': contentTypes[type] }),
    async need(method, path, body) {
      const answer = await call(method, path, body);
      if (answer.status >= 200 && answer.status < 300) return answer.body;
      throw new Error(`${method} ${path}: ${answer.status} ${answer.body?.message ?? String(answer.body)}`);
    },
    close: () => dispatcher.close(),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
