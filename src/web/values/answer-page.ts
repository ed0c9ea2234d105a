import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../core/clock.ts';
import { describeUnknown, isFault } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { PropertyName } from '../../core/names.ts';
import type { Call } from '../../core/ports/call.ts';
import type { ValueHandler, ValueOutcome, ValueRequest } from '../../core/ports/value-requests.ts';
import type { SecretValues } from '../../core/ports/vault.ts';
import type { FoundRequest, RequestStore } from './keep-requests.ts';
import { BodyReader } from './read-body.ts';
import { type Form, readForm, readValues } from './read-values.ts';
import { renderForm, renderOutcome, renderWords } from './render-page.ts';
import { words } from './words.ts';
import { WrongTokens } from './wrong-tokens.ts';

export interface PageOptions {
  readonly publicUrl: string;
  readonly store: RequestStore;
  /** Who takes the values of each kind of request. */
  readonly handlers: ReadonlyMap<string, ValueHandler>;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

export interface Reply {
  readonly status: number;
  readonly body: string;
  /** The body of the request was not read to its end. */
  readonly hangUp?: boolean;
}

/** Answers one request. Never rejects. */
export type AnswerPage = (request: IncomingMessage) => Promise<Reply>;

/**
 * The one-time page. To look at it changes nothing, so a preview of the link does no harm; only the form that is sent
 * uses the link up, and only when all that was asked for is there.
 */
export function createPage(options: PageOptions): AnswerPage {
  const page = new Page(options);
  return async (request) => {
    try {
      return await page.answer(request);
    } catch (error) {
      options.log.error({ reason: describeUnknown(error) }, 'the one-time page failed');
      return said(500, 'failed');
    }
  };
}

class Page {
  readonly #options: PageOptions;
  readonly #bodies = new BodyReader();
  readonly #wrong = new WrongTokens();

  constructor(options: PageOptions) {
    this.#options = options;
  }

  async answer(request: IncomingMessage): Promise<Reply> {
    const path = request.url ?? '';
    if (request.method === 'POST' && path === '/value') return this.#post(request);
    const token = /^\/value\/([A-Za-z0-9_-]{1,100})$/.exec(path)?.[1];
    if (token === undefined) return said(404, 'nothing');
    if (request.method !== 'GET' && request.method !== 'HEAD') return said(405, 'nothing', true);
    return this.#look(request, token);
  }

  async #look(request: IncomingMessage, token: string): Promise<Reply> {
    const found = await this.#find(token);
    if (found === 'away') return said(503, 'away');
    if (found === undefined) return this.#unknown(request);
    return found.state === 'open' ? this.#form(token, found, new Map()) : said(410, found.state);
  }

  async #post(request: IncomingMessage): Promise<Reply> {
    if (!isFromOurPage(request, this.#options.publicUrl)) return said(403, 'elsewhere', true);
    const body = await this.#bodies.read(request);
    if (body.state === 'busy') return said(503, 'busy', true);
    if (body.state === 'too-large') return said(413, 'large', true);
    const type = request.headers['content-type'] ?? '';
    const form = body.state === 'read' ? await readForm(body.bytes, type) : undefined;
    return form === undefined ? said(400, 'broken') : this.#sent(request, form);
  }

  async #sent(request: IncomingMessage, form: Form): Promise<Reply> {
    const found = await this.#find(form.token);
    if (found === 'away') return said(503, 'away');
    if (found === undefined) return this.#unknown(request);
    if (found.state !== 'open') return said(410, found.state);
    const brought = await readValues(form, found.request.fields);
    if (brought.state === 'wrong') return this.#form(form.token, found, brought.problems);
    return this.#take(form.token, found.request, brought.values);
  }

  /** The link is used up before anything is done with the values: of two that are sent at once, one gets here. */
  async #take(token: string, request: ValueRequest, values: SecretValues): Promise<Reply> {
    const { handlers, store, log, clock } = this.#options;
    const handler = handlers.get(request.kind);
    if (handler === undefined) return said(503, 'away');
    const call = this.#call(request);
    try {
      if (!(await store.spend(token, call))) return said(410, 'used');
    } catch (error) {
      log.warn(
        { requestId: request.requestId, reason: describeUnknown(error) },
        'a link could not be used up',
      );
      return said(503, 'unspent');
    }
    const fields = { requestId: request.requestId, actor: request.forActor.id, properties: request.fields };
    const started = clock.monotonic();
    log.info(fields, 'values brought');
    const outcome = await handler({ request, values }, call).catch((error: unknown): ValueOutcome => {
      if (isFault(error)) {
        return { state: 'refused', title: `Not written: ${error.wrong}`, lines: [error.state, error.next] };
      }
      log.error({ ...fields, reason: describeUnknown(error) }, 'values not taken');
      return words.unsure(request.requestId);
    });
    log.info(
      { ...fields, outcome: outcome.state, ms: Math.round(clock.monotonic() - started) },
      'values taken',
    );
    return outcome.state === 'refused'
      ? { status: 409, body: renderOutcome({ ...outcome, lines: [...outcome.lines, words.usedUp] }) }
      : { status: 200, body: renderOutcome(outcome) };
  }

  #form(token: string, found: FoundRequest, problems: ReadonlyMap<PropertyName, string>): Reply {
    const now = this.#options.clock.now();
    const body = renderForm({ token, found, problems, now });
    return { status: problems.size === 0 ? 200 : 422, body };
  }

  async #find(token: string): Promise<FoundRequest | 'away' | undefined> {
    const { store, log } = this.#options;
    try {
      return await store.find(token, this.#call());
    } catch (error) {
      log.warn({ reason: describeUnknown(error) }, 'a link could not be looked up');
      return 'away';
    }
  }

  #unknown(request: IncomingMessage): Reply {
    const address = request.socket.remoteAddress ?? '';
    const { tooMany, first } = this.#wrong.count(address);
    if (first) this.#options.log.warn({ address }, 'many links that are none of ours');
    return tooMany ? said(429, 'many') : said(404, 'unknown');
  }

  #call(request?: ValueRequest): Call {
    const { signal } = this.#options;
    return request === undefined
      ? { signal, requestId: 'page' }
      : { signal, requestId: request.requestId, actor: request.forActor };
  }
}

/**
 * Threat: another site that has the form sent. It would have to know the token, which is in the form; this is beside
 * that. Browsers that don't say where a form comes from send the origin; with our Referrer-Policy that is `null`.
 */
function isFromOurPage({ headers }: IncomingMessage, publicUrl: string): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  const { origin } = headers;
  return origin === undefined || origin === 'null' || origin === new URL(publicUrl).origin;
}

function said(status: number, what: keyof typeof words.pages, hangUp = false): Reply {
  return { status, body: renderWords({ ...words.pages[what], kind: 'refused' }), hangUp };
}
