import { randomBytes } from 'node:crypto';

/** What a response_url or a trigger id was handed out for. */
export interface Origin {
  readonly user: string;
  readonly channel: string;
  /** The message whose button was pressed: replace_original and delete_original mean it. */
  readonly message?: string;
  /** The command as it was typed: published when the answer is in_channel. */
  readonly typed?: string;
}

interface Handed {
  readonly origin: Origin;
  readonly until: number;
  uses: number;
}

export type Exchange = { readonly origin: Origin } | { readonly refused: 'expired' | 'used' | 'unknown' };

const responseUses = 5;
const responseMs = 30 * 60_000;
const triggerMs = 3000;

/** response_urls (5 uses, 30 minutes) and trigger ids (one use, 3 s). `scale` below 1 makes both shorter. */
export class Handouts {
  readonly #handed = new Map<string, Handed>();
  readonly #scale: number;

  constructor(scale: number) {
    this.#scale = scale;
  }

  /** A path below the stand-in's address. */
  responseUrl(kind: 'commands' | 'actions', team: string, origin: Origin): string {
    const path = `/${kind}/${team}/${Date.now()}/${randomBytes(12).toString('base64url')}`;
    this.#hand(path, origin, responseMs);
    return path;
  }

  triggerId(origin: Origin): string {
    const id = `${Date.now()}.${randomBytes(4).readUInt32BE()}.${randomBytes(16).toString('hex')}`;
    this.#hand(id, origin, triggerMs);
    return id;
  }

  useResponseUrl(path: string): Exchange {
    return this.#use(path, responseUses);
  }

  useTrigger(id: string): Exchange {
    return this.#use(id, 1);
  }

  #hand(key: string, origin: Origin, lifeMs: number): void {
    this.#handed.set(key, { origin, until: performance.now() + lifeMs * this.#scale, uses: 0 });
  }

  #use(key: string, most: number): Exchange {
    const handed = this.#handed.get(key);
    if (handed === undefined) return { refused: 'unknown' };
    if (performance.now() > handed.until) return { refused: 'expired' };
    if (handed.uses >= most) return { refused: 'used' };
    handed.uses += 1;
    return { origin: handed.origin };
  }
}
