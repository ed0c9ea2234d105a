import { stat } from 'node:fs/promises';
import { ChatelaineError, describeUnknown, isFault } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { VaultSession } from '../core/ports/vault.ts';
import { answered, type Wire } from './exchange.ts';
import { logIn, type VaultAuth } from './log-in.ts';
import { type Grant, lookUp, renew } from './own-token.ts';
import { untilAborted } from './until-aborted.ts';

/** setTimeout takes no more than 2^31-1 ms, and fires at once for more: a TTL of 768 h would renew in a loop. */
const longestSleep = 24 * 60 * 60_000;
const shortestSleep = 1_000;
const firstBackoff = 1_000;
const longestBackoff = 60_000;
/** A login that failed so recently is not tried again for the next caller: it gets the same answer. */
const sameAnswerFor = 1_000;

/** A token in use; times are of the monotonic clock. */
interface Held extends Grant {
  readonly endsAt: number;
  readonly renewAt: number;
  /** The token file as it was when it was read. */
  readonly fileState: string;
}

/**
 * The bot's own login: gets a token, renews it at about two thirds of its life, and logs in again when it can't be
 * renewed. It goes on trying while Vault is sealed or away, so the bot starts and helps meanwhile.
 */
export class Session {
  readonly #wire: Wire;
  readonly #auth: VaultAuth;
  readonly #log: Log;
  readonly #closing = new AbortController();
  #grant: Held | undefined;
  #attempt: Promise<string> | undefined;
  #failure: { readonly error: unknown; readonly why: string; readonly at: number } | undefined;
  #wake = new AbortController();
  #loop: Promise<void> | undefined;

  constructor(wire: Wire, auth: VaultAuth, log: Log) {
    this.#wire = wire;
    this.#auth = auth;
    this.#log = log;
  }

  /** Logs in, in the background, and keeps at it. */
  start(): void {
    this.#loop ??= this.#keep();
  }

  describe(): VaultSession {
    const { clock } = this.#wire;
    const grant = this.#living();
    const known = {
      method: this.#auth.kind,
      ...(this.#auth.kind === 'kubernetes' ? { role: this.#auth.role } : {}),
      ...(this.#failure === undefined ? {} : { why: this.#failure.why }),
    };
    if (grant === undefined)
      return { ...known, state: this.#failure === undefined ? 'logged-out' : 'failing' };
    const expires = new Date(clock.now() + grant.endsAt - clock.monotonic());
    return {
      ...known,
      state: 'logged-in',
      policies: grant.policies,
      ...(grant.ttl === 0 ? {} : { expires: expires.toISOString() }),
    };
  }

  /** The token, after a login if it takes one. Throws what the login throws. */
  async token(signal: AbortSignal): Promise<string> {
    const grant = this.#living();
    if (grant !== undefined && (await this.#fileState()) === grant.fileState) return grant.token;
    const { clock } = this.#wire;
    if (this.#failure !== undefined && clock.monotonic() - this.#failure.at < sameAnswerFor)
      throw this.#failure.error;
    return untilAborted(this.#logInOnce(), signal);
  }

  /**
   * A token to try again with after one was answered 403, or undefined when that was a policy's word on a token that
   * Vault still knows. The two look the same, so Vault is asked about the token itself. Throws what a login throws.
   */
  async replace(refused: string, signal: AbortSignal): Promise<string | undefined> {
    const newer = (): string | undefined => {
      const token = this.#living()?.token;
      return token === refused ? undefined : token;
    };
    if (newer() !== undefined) return newer();
    if ((await lookUp(this.#wire, refused, signal)) !== undefined) return undefined;
    // Somebody else may have been told the same meanwhile, and have logged in.
    if (newer() !== undefined) return newer();
    this.#grant = undefined;
    this.#log.info({ reason: 'token refused' }, 'logging in to Vault again');
    return untilAborted(this.#logInOnce(), signal);
  }

  /** Ends the renewal and gives the token back if it was made for us. */
  async close(): Promise<void> {
    const token = this.#living()?.token;
    this.#closing.abort(stopping());
    await this.#loop;
    await this.#attempt?.catch(() => undefined);
    this.#grant = undefined;
    if (token === undefined || this.#auth.kind === 'token-file') return;
    const headers = { 'x-vault-token': token };
    const path = 'auth/token/revoke-self';
    const asked = { doing: "revoking the bot's token", path, capability: 'update', writes: true } as const;
    // Where that fails the token ends by itself.
    const request = { method: 'POST', path, headers } as const;
    await answered(this.#wire, asked, request, AbortSignal.timeout(2_000)).catch(() => undefined);
  }

  #living(): Held | undefined {
    const grant = this.#grant;
    if (grant === undefined || this.#wire.clock.monotonic() >= grant.endsAt) return undefined;
    return grant;
  }

  /** One login at a time, whoever asks. */
  #logInOnce(): Promise<string> {
    if (this.#attempt === undefined) {
      this.#attempt = this.#logIn().finally(() => {
        this.#attempt = undefined;
      });
      // Whoever asked may have gone by then: a failure that nobody hears would end the process.
      this.#attempt.catch(() => undefined);
    }
    return this.#attempt;
  }

  async #logIn(): Promise<string> {
    try {
      const fileState = await this.#fileState();
      this.#take(await logIn(this.#wire, this.#auth, this.#closing.signal), fileState);
      this.#log.info({ method: this.#auth.kind }, 'logged in to Vault');
      // The renewal has a new time to wait for.
      this.#wake.abort();
      return this.#grant?.token ?? '';
    } catch (error) {
      this.#fail(error, 'login to Vault failed');
      throw error;
    }
  }

  #take(grant: Grant, fileState: string): void {
    const ttl = grant.ttl === 0 ? Number.POSITIVE_INFINITY : grant.ttl;
    const now = this.#wire.clock.monotonic();
    // At about two thirds of its life, spread so that replicas of the bot don't renew together.
    const renewAt = now + ttl * (0.62 + this.#wire.random() * 0.08);
    this.#grant = { ...grant, endsAt: now + ttl, renewAt, fileState };
    this.#failure = undefined;
  }

  #fail(error: unknown, message: string): void {
    if (this.#closing.signal.aborted) return;
    const why = isFault(error) ? error.wrong : 'a fault of the bot itself';
    this.#failure = { error, why, at: this.#wire.clock.monotonic() };
    this.#log.warn({ code: describeUnknown(error), reason: why }, message);
  }

  /** A token file that was replaced shows in its time, size or inode; other logins don't depend on a file's change. */
  async #fileState(): Promise<string> {
    if (this.#auth.kind !== 'token-file') return '';
    return stat(this.#auth.file).then(
      ({ mtimeMs, size, ino }) => `${mtimeMs} ${size} ${ino}`,
      () => 'missing',
    );
  }

  async #keep(): Promise<void> {
    let failures = 0;
    while (!this.#closing.signal.aborted) {
      const well = await this.#advance();
      failures = well ? 0 : failures + 1;
      await this.#rest(well ? this.#untilRenewal() : this.#backoff(failures));
    }
  }

  /** Logs in or renews, whichever is due. Returns whether it went well. */
  async #advance(): Promise<boolean> {
    const grant = this.#living();
    try {
      if (grant === undefined) await this.#logInOnce();
      else if (this.#untilRenewal() <= 0) await this.#renew(grant);
      return true;
    } catch {
      return false;
    }
  }

  /** Renews, and logs in anew where that can't lengthen the token's life: Vault refuses, or its last hour has come. */
  async #renew(grant: Grant): Promise<void> {
    const renewed = grant.renewable ? await this.#tryToRenew(grant) : undefined;
    if (renewed !== undefined) this.#take(renewed, await this.#fileState());
    const isAtItsEnd = renewed === undefined || renewed.ttl < grant.ttl / 2;
    if (renewed === undefined || (isAtItsEnd && this.#auth.kind === 'kubernetes')) await this.#logInOnce();
  }

  async #tryToRenew(grant: Grant): Promise<Grant | undefined> {
    try {
      return await renew(this.#wire, grant, this.#closing.signal);
    } catch (error) {
      this.#fail(error, 'renewal of the login to Vault failed');
      throw error;
    }
  }

  #untilRenewal(): number {
    return (this.#living()?.renewAt ?? 0) - this.#wire.clock.monotonic();
  }

  #backoff(failures: number): number {
    const wait = Math.min(firstBackoff * 2 ** (failures - 1), longestBackoff);
    return wait * (0.75 + this.#wire.random() / 2);
  }

  /** Sleeps, unless a login in between has changed what there is to wait for. */
  async #rest(milliseconds: number): Promise<void> {
    this.#wake = new AbortController();
    const signal = AbortSignal.any([this.#closing.signal, this.#wake.signal]);
    const wait = Math.min(Math.max(milliseconds, shortestSleep), longestSleep);
    await this.#wire.clock.sleep(wait, signal).catch(() => undefined);
  }
}

function stopping(): ChatelaineError {
  return new ChatelaineError({
    code: 'stopping',
    doing: 'asking Vault',
    wrong: 'the bot is stopping',
    state: 'Nothing was changed by this request.',
    next: 'Ask again when it is back.',
  });
}
