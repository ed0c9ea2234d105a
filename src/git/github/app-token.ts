import { createSign } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import { ChatelaineError } from '../../core/errors.ts';
import type { Call } from '../../core/ports/call.ts';
import type { Allowed, ForgeFacts } from '../../core/ports/forge.ts';
import type { Credential, Host } from '../host.ts';
import type { Identity } from './github-dialect.ts';

const Token = z.object({
  token: z.string().regex(/^[\x21-\x7e]{1,500}$/),
  expires_at: z.iso.datetime({ offset: true }),
  permissions: z.record(z.string(), z.string()).optional(),
});
type Token = z.infer<typeof Token>;
const App = z.object({ slug: z.string().regex(/^[A-Za-z0-9-]{1,100}$/) });

/** An installation's token lives for an hour; it is renewed when less than this is left. */
const spareMs = 5 * 60_000;

export interface AppIdentity {
  readonly appId: string;
  readonly installationId: string;
  /** PEM, read anew each time. */
  readonly privateKey: () => string;
  readonly clock: Clock;
  /** To the same API, authorized as the app itself by `appCredential`. */
  readonly asApp: Host;
}

/** What an app proves itself by: a statement of ten minutes, signed with its key. */
export function appCredential({
  appId,
  privateKey,
  clock,
}: Omit<AppIdentity, 'asApp' | 'installationId'>): Credential {
  return {
    authorization: async () => `Bearer ${sign(appId, privateKey, clock.now())}`,
    forget: () => false,
  };
}

/** The token of an app's installation, renewed in time; asked for once, however many wait for it. */
export class InstallationToken implements Credential {
  readonly #identity: AppIdentity;
  #token: Token | undefined;
  #renewal: Promise<Token> | undefined;

  constructor(identity: AppIdentity) {
    this.#identity = identity;
  }

  async authorization(call: Call): Promise<string> {
    return `Bearer ${(await this.#current(call)).token}`;
  }

  forget(): boolean {
    const had = this.#token !== undefined;
    this.#token = undefined;
    return had;
  }

  /** Who the app is, and what its installation was given. */
  identity(): Identity {
    return {
      bot: async (call) => {
        const request = {
          path: '/app',
          of: 'api',
          doing: 'asking who the bot is',
          right: 'the app’s key',
        } as const;
        return `${(await this.#identity.asApp.read(App, request, call)).slug}[bot]`;
      },
      rights: async (call) => rightsOf((await this.#current(call)).permissions ?? {}),
    };
  }

  async #current(call: Call): Promise<Token> {
    const { clock } = this.#identity;
    if (this.#token !== undefined && Date.parse(this.#token.expires_at) - clock.now() > spareMs) {
      return this.#token;
    }
    this.#renewal ??= this.#renew(call).finally(() => {
      this.#renewal = undefined;
    });
    this.#token = await this.#renewal;
    return this.#token;
  }

  #renew(call: Call): Promise<Token> {
    const { asApp, installationId } = this.#identity;
    const path = `/app/installations/${installationId}/access_tokens`;
    // Narrowed to the one repository, whatever else the installation covers.
    const body = { repositories: [asApp.repository.split('/')[1]] };
    const request = { method: 'POST', path, of: 'api', body } as const;
    return asApp.read(
      Token,
      { ...request, doing: 'getting a token as the app', right: 'the app’s key' },
      call,
    );
  }
}

function rightsOf(permissions: Readonly<Record<string, string>>): ForgeFacts['may'] {
  const writes = (name: string): Allowed => (permissions[name] === 'write' ? 'yes' : 'no');
  return {
    write: writes('contents'),
    propose: writes('pull_requests'),
    setStatus: writes('statuses'),
    administer: writes('administration'),
  };
}

function sign(appId: string, privateKey: () => string, now: number): string {
  const seconds = Math.floor(now / 1000);
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  // A minute back: GitHub refuses a statement from the future, by its own clock.
  const claims = { iss: appId, iat: seconds - 60, exp: seconds + 540 };
  const text = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}`;
  try {
    return `${text}.${createSign('RSA-SHA256').update(text).sign(privateKey(), 'base64url')}`;
  } catch {
    throw new ChatelaineError({
      code: 'forge-denied',
      doing: 'signing as the GitHub app',
      wrong: 'the private key that git.auth names can’t be read, or is no RSA key in PEM',
      state: 'Nothing was sent.',
      next: 'Download a private key on the app’s page, and put it where git.auth says that it is.',
    });
  }
}
