import { LRUCache } from 'lru-cache';
import type { z } from 'zod';
import type { Clock } from '../core/clock.ts';
import type { RepositoryName } from '../core/git-names.ts';
import { NoAnswer } from '../core/http-answer.ts';
import type { Call } from '../core/ports/call.ts';
import { type Asked, answerFault, archivedFault, noAnswerFault, oddAnswer } from './faults.ts';
import type { Answer, Sent, Transport } from './transport.ts';

const usualDeadlineMs = 15_000;
const mostRepetitions = 2;

/** Where the requests of the bot get their authorization. */
export interface Credential {
  /** The header's text. Throws what getting it throws. */
  authorization(call: Call): Promise<string>;
  /** The host refused it: get another. False where there is no other to be had. */
  forget(): boolean;
}

export interface HostOptions {
  /** Of the API, without a slash at its end: `https://api.github.com`, `https://git.example.org/api/v1`. */
  readonly api: string;
  /** Of GitHub's other API. */
  readonly graphql?: string;
  readonly repository: RepositoryName;
  /** What kind of answer is asked for. */
  readonly accept: string;
  readonly version: string;
  readonly credential: Credential;
  readonly transport: Transport;
  readonly clock: Clock;
  /** For one request; 15 s outside tests. */
  readonly deadlineMs?: number;
}

export interface Request {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Below the repository's own (`/pulls`), or below what `of` names. Made of branded names and numbers only. */
  readonly path: string;
  readonly of?: 'api' | 'graphql';
  readonly body?: unknown;
  /** As a gerund, without the repository: "opening a proposal". */
  readonly doing: string;
  readonly right?: string;
  /** Statuses beside success that are an answer to what was asked. */
  readonly also?: readonly number[];
  /** The answer is not kept for a later 304: whoever asks keeps it, or nobody should. */
  readonly isUnkept?: boolean;
}

interface Kept {
  readonly etag: string;
  readonly answer: Answer;
}

/** Sends requests to the API of one Git host, and tells what can go wrong with any of them. */
export class Host {
  readonly repository: RepositoryName;
  readonly clock: Clock;
  readonly #options: HostOptions;
  readonly #kept = new LRUCache<string, Kept>({ max: 200 });

  constructor(options: HostOptions) {
    this.#options = options;
    this.repository = options.repository;
    this.clock = options.clock;
  }

  /** The answer's body, checked. Throws what `ask` does, and forge-unexpected where it has another shape. */
  async read<Shape extends z.ZodType>(shape: Shape, request: Request, call: Call): Promise<z.infer<Shape>> {
    const answer = await this.ask(request, call);
    return this.check(shape, request, answer);
  }

  /** The same where there may be none: undefined for 404. */
  async find<Shape extends z.ZodType>(
    shape: Shape,
    request: Request,
    call: Call,
  ): Promise<z.infer<Shape> | undefined> {
    const answer = await this.ask({ ...request, also: [404] }, call);
    return answer.status === 404 ? undefined : this.check(shape, request, answer);
  }

  /** An answer's body in its shape. Throws forge-unexpected. */
  check<Shape extends z.ZodType>(shape: Shape, request: Request, answer: Answer): z.infer<Shape> {
    const result = shape.safeParse(answer.body);
    if (result.success) return result.data;
    throw oddAnswer(this.asked(request), answer);
  }

  /**
   * The answer, if it is a success or one of `also`. A GET is repeated up to twice when the connection or the host failed,
   * and is asked by ETag where the host gave one before; nothing else is repeated. Throws the port's faults.
   */
  async ask(request: Request, call: Call): Promise<Answer> {
    const answer = await this.#exchange(request, call);
    const { status } = answer;
    if (status < 300 || (request.also ?? []).includes(status)) return answer;
    const asked = this.asked(request);
    // GitHub says 403 of an archived repository, Gitea 423: what it is is asked for, not read out of its words.
    if (asked.writes && (status === 403 || status === 423) && (await this.#isArchived(call))) {
      throw archivedFault(asked, this.repository);
    }
    throw answerFault(asked, answer, this.clock.now());
  }

  /** What a request is, in words for people. */
  asked({ method = 'GET', doing, right = 'Metadata: read' }: Request): Asked {
    return { doing: `${doing} (${this.repository})`, right, writes: method !== 'GET' };
  }

  async #isArchived(call: Call): Promise<boolean> {
    const request: Request = { path: '', doing: 'looking at the repository' };
    const answer = await this.#exchange(request, call).catch(() => undefined);
    return (answer?.body as { readonly archived?: unknown } | undefined)?.archived === true;
  }

  async #exchange(request: Request, call: Call): Promise<Answer> {
    const most = (request.method ?? 'GET') === 'GET' ? mostRepetitions : 0;
    for (let repetition = 0; ; repetition += 1) {
      const outcome = await this.#once(request, call).catch((error: unknown) => {
        if (error instanceof NoAnswer) return error;
        throw error;
      });
      const isAnswer = !(outcome instanceof NoAnswer);
      if (isAnswer && outcome.status < 500) return outcome;
      call.signal.throwIfAborted();
      if (repetition === most) {
        if (isAnswer) return outcome;
        throw noAnswerFault(this.asked(request), outcome);
      }
      await this.clock.sleep(150 * 3 ** repetition, call.signal);
    }
  }

  /** One request, and a second one where the host refused an authorization that can be renewed. */
  async #once(request: Request, call: Call): Promise<Answer> {
    const answer = await this.#send(request, call);
    if (answer.status !== 401 || !this.#options.credential.forget()) return answer;
    return this.#send(request, call);
  }

  async #send(request: Request, call: Call): Promise<Answer> {
    const { method = 'GET' } = request;
    const url = this.#urlOf(request);
    const kept = method === 'GET' ? this.#kept.get(url) : undefined;
    const sent = await this.#dress(request, kept?.etag, call);
    const answer = await this.#options.transport.send({ method, url, ...sent });
    if (answer.status === 304 && kept !== undefined) return kept.answer;
    const etag = answer.header('etag');
    if (method === 'GET' && !request.isUnkept && answer.status === 200 && etag !== undefined) {
      this.#kept.set(url, { etag, answer });
    }
    return answer;
  }

  /** What goes with a request: who asks, what is known already, and when it is given up. */
  async #dress(
    { body }: Request,
    etag: string | undefined,
    call: Call,
  ): Promise<Omit<Sent, 'method' | 'url'>> {
    const { accept, version, credential, deadlineMs = usualDeadlineMs } = this.#options;
    call.signal.throwIfAborted();
    const headers = {
      accept,
      authorization: await credential.authorization(call),
      'user-agent': `chatelaine/${version}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(etag === undefined ? {} : { 'if-none-match': etag }),
    };
    const signal = AbortSignal.any([call.signal, AbortSignal.timeout(deadlineMs)]);
    return { headers, signal, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  }

  #urlOf({ path, of }: Request): string {
    const { api, graphql = api } = this.#options;
    if (of === 'graphql') return graphql;
    return of === 'api' ? `${api}${path}` : `${api}/repos/${this.repository}${path}`;
  }
}

/** Each segment of a branch or path, made safe for a URL. They are safe already: this is the second lock. */
export function inUrl(name: string): string {
  return name.split('/').map(encodeURIComponent).join('/');
}
