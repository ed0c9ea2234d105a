import { randomUUID } from 'node:crypto';
import type { WebSocket } from 'ws';
import { postSigned, type SignedHttp } from './post-signed.ts';
import type { Sockets } from './serve-sockets.ts';
import { type Fields, isFields } from './shapes.ts';

export type EnvelopeType = 'slash_commands' | 'interactive' | 'events_api';

/** What Slack waits for before it tells the person that the app is silent. */
export const acknowledgeMs = 3000;

/** What became of a delivery. */
export type Delivered =
  | { readonly kind: 'acknowledged'; readonly payload: Fields; readonly tookMs: number }
  | { readonly kind: 'operation_timeout'; readonly tookMs: number }
  | { readonly kind: 'dispatch_failed'; readonly tookMs: number };

export interface DeliveryOptions {
  readonly sockets: Sockets;
  /** Given: requests are sent there, signed, in place of the sockets. */
  readonly http: () => SignedHttp | undefined;
  readonly scale: number;
  /** Each envelope twice: to the same connection or to another. */
  readonly duplicate: () => false | 'same' | 'other';
}

/** Brings envelopes to the app and waits for the acknowledgement, at most three seconds. */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #waiting = new Map<string, (payload: unknown) => void>();

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** Called for every acknowledgement; those of duplicates and late ones find nobody waiting. */
  acknowledged(envelopeId: string, payload: unknown): void {
    this.#waiting.get(envelopeId)?.(payload);
    this.#waiting.delete(envelopeId);
  }

  /** Never rejects: a person on Slack sees one of three things. */
  async send(type: EnvelopeType, payload: Fields, retry: Fields = {}): Promise<Delivered> {
    const started = performance.now();
    const limit = acknowledgeMs * this.#options.scale;
    const http = this.#options.http();
    const answer =
      http === undefined
        ? await this.#bySocket({ type, payload, ...retry }, limit)
        : await postSigned(http, { type, payload, limit, twice: this.#options.duplicate() !== false });
    const tookMs = performance.now() - started;
    if (answer === 'operation_timeout' || answer === 'dispatch_failed') return { kind: answer, tookMs };
    return { kind: 'acknowledged', payload: isFields(answer) ? answer : {}, tookMs };
  }

  #bySocket(content: Fields, limit: number): Promise<unknown> {
    const envelope = {
      envelope_id: randomUUID(),
      accepts_response_payload: content['type'] !== 'events_api',
      ...content,
    };
    const connection = this.#options.sockets.send(envelope);
    if (connection === undefined) return Promise.resolve('dispatch_failed');
    this.#repeat(envelope, connection);
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(envelope.envelope_id);
        resolve('operation_timeout');
      }, limit);
      this.#waiting.set(envelope.envelope_id, (payload) => {
        clearTimeout(timer);
        resolve(payload ?? {});
      });
    });
  }

  #repeat(envelope: Fields, connection: WebSocket): void {
    const how = this.#options.duplicate();
    if (how === 'same') this.#options.sockets.sendAgain(envelope, connection);
    if (how === 'other') this.#options.sockets.send(envelope, connection);
  }
}
