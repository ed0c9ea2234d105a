import { randomBytes } from 'node:crypto';

export interface Token {
  readonly id: string;
  readonly accessor: string;
  readonly policies: readonly string[];
  readonly displayName: string;
  /** How it was made: `auth/kubernetes/login`. */
  readonly path: string;
  readonly meta: Readonly<Record<string, string>> | null;
  readonly createdAt: number;
  /** Milliseconds; 0 never ends. */
  readonly ttl: number;
  /** Milliseconds from the start, past which nothing renews it; 0 for no limit. */
  readonly maxTtl: number;
  readonly renewable: boolean;
  expiresAt: number;
}

export type NewToken = Partial<Pick<Token, 'displayName' | 'path' | 'meta' | 'maxTtl' | 'renewable'>> & {
  readonly policies: readonly string[];
  readonly ttl: number;
};

/** Tokens as the token store has them. */
export class Tokens {
  readonly #tokens = new Map<string, Token>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  create(wanted: NewToken, id = `s.${randomBytes(18).toString('base64url').replace(/[-_]/g, 'x')}`): Token {
    const createdAt = this.#now();
    const token: Token = {
      displayName: 'token',
      path: 'auth/token/create',
      meta: null,
      maxTtl: 0,
      renewable: wanted.ttl > 0,
      ...wanted,
      id,
      accessor: randomBytes(12).toString('hex'),
      createdAt,
      expiresAt: wanted.ttl === 0 ? Number.POSITIVE_INFINITY : createdAt + wanted.ttl,
    };
    this.#tokens.set(id, token);
    return token;
  }

  /** Nothing where it is unknown, revoked or has ended: Vault doesn't say which. */
  find(id: string): Token | undefined {
    const token = this.#tokens.get(id);
    if (token === undefined || token.expiresAt <= this.#now()) return undefined;
    return token;
  }

  /** Milliseconds that it still lives; Infinity for one that never ends. */
  left(token: Token): number {
    return token.expiresAt - this.#now();
  }

  /** Milliseconds that it lives now. */
  renew(token: Token, increment: number | undefined): number {
    const end = token.maxTtl === 0 ? Number.POSITIVE_INFINITY : token.createdAt + token.maxTtl;
    // Once: a millisecond that passes meanwhile would be a second less, as whole seconds are told.
    const now = this.#now();
    token.expiresAt = Math.min(now + (increment ?? token.ttl), end);
    return token.expiresAt - now;
  }

  revoke(id: string): void {
    this.#tokens.delete(id);
  }

  /** All but those that never end. */
  expireAll(): void {
    for (const token of this.#tokens.values()) if (token.ttl > 0) this.#tokens.delete(token.id);
  }
}
