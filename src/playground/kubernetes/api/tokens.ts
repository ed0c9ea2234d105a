import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { type Caller, wholeSeconds } from './object-api.ts';
import type { ObjectStore } from './object-store.ts';

/** What TokenReview answers. */
export interface ReviewedToken {
  readonly authenticated: boolean;
  readonly user?: Caller;
  readonly audiences?: readonly string[];
  readonly error?: string;
}

export interface IssuedToken {
  readonly token: string;
  readonly expires: string;
  readonly audiences: readonly string[];
}

/** The API server's own audience: a token for another one isn't accepted by it. */
export const ownAudience = 'https://kubernetes.default.svc';

interface Held {
  readonly caller: Caller;
  readonly audiences: readonly string[];
  /** Milliseconds since 1970. */
  readonly expires: number;
  readonly account?: { readonly namespace: string; readonly name: string };
}

const administrator: Caller = {
  username: 'administrator',
  groups: ['system:masters', 'system:authenticated'],
};

/** Bearer tokens by their hash, and who holds them. */
export class Tokens {
  readonly #held = new Map<string, Held>();
  readonly #store: ObjectStore;
  readonly #now: () => Date;

  constructor(store: ObjectStore, now: () => Date) {
    this.#store = store;
    this.#now = now;
  }

  /** A token that may do everything, for tests and the playground's page. */
  issueAdministrator(): string {
    const token = randomBytes(24).toString('base64url');
    const expires = Number.POSITIVE_INFINITY;
    this.#held.set(hash(token), { caller: administrator, audiences: [ownAudience], expires });
    return token;
  }

  /** A token of a ServiceAccount, in the form of the real ones (a JWT). Throws when there is no such account. */
  issue(
    namespace: string,
    name: string,
    audiences: readonly string[] = [ownAudience],
    seconds = 3_600,
  ): IssuedToken {
    const account = this.#store.get('ServiceAccount', namespace, name);
    if (account === undefined) throw new Error(`no ServiceAccount ${namespace}/${name}`);
    const { uid } = account.metadata;
    const username = `system:serviceaccount:${namespace}:${name}`;
    const issuedAt = Math.floor(this.#now().getTime() / 1_000);
    const claims = {
      aud: audiences,
      exp: issuedAt + seconds,
      iat: issuedAt,
      iss: ownAudience,
      jti: randomUUID(),
      'kubernetes.io': { namespace, serviceaccount: { name, uid } },
      nbf: issuedAt,
      sub: username,
    };
    const token = [{ alg: 'RS256', kid: 'playground' }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .concat(randomBytes(64).toString('base64url'))
      .join('.');
    const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
    const expires = (issuedAt + seconds) * 1_000;
    const caller = { username, uid, groups };
    this.#held.set(hash(token), { caller, audiences, expires, account: { namespace, name } });
    return { token, expires: wholeSeconds(new Date(expires)), audiences };
  }

  /** Who holds it, if it is good for one of these audiences and its account is still there. */
  review(token: string, audiences: readonly string[] = [ownAudience]): ReviewedToken {
    const held = this.#held.get(hash(token));
    if (held === undefined || held.expires <= this.#now().getTime() || !this.#stillThere(held)) {
      return { authenticated: false, error: 'invalid bearer token' };
    }
    const good = held.audiences.filter((audience) => audiences.includes(audience));
    if (good.length === 0) {
      const error = `token audiences ${JSON.stringify(held.audiences)} is invalid for the target audiences ${JSON.stringify(audiences)}`;
      return { authenticated: false, error };
    }
    return { authenticated: true, user: held.caller, audiences: good };
  }

  #stillThere({ account, caller }: Held): boolean {
    if (account === undefined) return true;
    const found = this.#store.get('ServiceAccount', account.namespace, account.name);
    return found?.metadata.uid === caller.uid;
  }
}

function hash(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
