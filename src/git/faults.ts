import { ChatelaineError, type ErrorCode } from '../core/errors.ts';
import type { NoAnswer } from '../core/http-answer.ts';
import type { Answer } from './transport.ts';

/** What was asked of the Git host, in words for people. */
export interface Asked {
  /** As a gerund: "opening a proposal in owner/cluster". */
  readonly doing: string;
  /** The right that it takes, as GitHub calls it: "Contents: write". */
  readonly right: string;
  /** A write may have been done though nobody heard of it. */
  readonly writes: boolean;
}

interface Words {
  readonly code: ErrorCode;
  readonly wrong: string;
  readonly next: string;
  readonly state?: string;
  readonly status?: number;
  readonly retryAt?: number;
}

const unchanged = 'Nothing was changed by this request.';
const open = 'It may have been done or not: nothing was heard of it. Asked again, it is looked for first.';
const doctor = 'Run /vault doctor: it looks at the Git host, the token and the repository.';

/** An error of the Git host for people. Nothing of a body or a token has a place in it. */
export function forgeFault(
  { doing }: Pick<Asked, 'doing'>,
  { state = unchanged, ...words }: Words,
): ChatelaineError {
  return new ChatelaineError({ doing, state, ...words });
}

/** The error for a request that got no answer. */
export function noAnswerFault(asked: Asked, { sent, why }: Pick<NoAnswer, 'sent' | 'why'>): ChatelaineError {
  return forgeFault(asked, {
    code: 'forge-unreachable',
    wrong: `the Git host ${why}`,
    state: asked.writes && sent ? open : unchanged,
    next: doctor,
  });
}

/** The error for an answer that is no success and has no meaning of its own for what was asked. */
export function answerFault(asked: Asked, answer: Answer, now: number): ChatelaineError {
  const { status } = answer;
  const retryAt = retryAtOf(answer, now);
  if (retryAt !== undefined) return limitedFault(asked, status, retryAt);
  const known: Readonly<Record<number, (asked: Asked) => Words>> = {
    401: unknownToken,
    403: denied,
    404: missing,
  };
  const words = known[status]?.(asked) ?? (status >= 500 ? failed(asked, status) : refused(status));
  return forgeFault(asked, { ...words, status });
}

/** A success that is not what was asked for: a proxy's page, or another version of the API. */
export function oddAnswer(asked: Asked, { status }: Pick<Answer, 'status'>): ChatelaineError {
  return forgeFault(asked, {
    code: 'forge-unexpected',
    wrong: `the answer (HTTP ${status}) is not one that this Git host is known for`,
    state: asked.writes ? open : unchanged,
    next: 'Look at git.host and git.address, and whether something stands between the bot and the Git host.',
    status,
  });
}

/** A repository that takes no change any more. */
export function archivedFault(asked: Asked, repository: string): ChatelaineError {
  return forgeFault(asked, {
    code: 'forge-archived',
    wrong: `the repository ${repository} is archived`,
    next: 'Somebody who owns it takes it out of the archive, or git.repository names the one in use.',
  });
}

function limitedFault(asked: Asked, status: number, retryAt: number): ChatelaineError {
  return forgeFault(asked, {
    code: 'forge-rate-limited',
    wrong: `the Git host takes no more requests of the bot until ${new Date(retryAt).toISOString()}`,
    next: 'Ask again then. Proposals that wait on the Git host go on by themselves.',
    status,
    retryAt,
  });
}

function unknownToken(): Words {
  return {
    code: 'forge-denied',
    wrong: 'the Git host does not know the bot’s token, or it has ended',
    next: 'Give the bot a new one, where git.auth says that it is.',
  };
}

function denied({ right }: Asked): Words {
  return { code: 'forge-denied', wrong: `the bot’s token lacks a right: ${right}`, next: doctor };
}

function missing(): Words {
  return {
    code: 'forge-missing',
    wrong: 'there is no such thing on the Git host, or the bot’s token may not see it',
    next: doctor,
  };
}

function failed({ writes }: Asked, status: number): Words {
  return {
    code: 'forge-unreachable',
    wrong: `the Git host or something in front of it failed (HTTP ${status})`,
    state: writes ? open : unchanged,
    next: doctor,
  };
}

function refused(status: number): Words {
  const moved = status >= 300 && status < 400;
  return {
    code: 'forge-unexpected',
    wrong: moved
      ? `the Git host sends us elsewhere (HTTP ${status}); the token is not taken there`
      : `the Git host refused it (HTTP ${status}) for a reason that is not known here`,
    next: moved ? 'Mend git.address, or git.repository if the repository was renamed.' : doctor,
  };
}

/**
 * When it may be asked again, if that is what the answer says. GitHub limits by 403 as well as 429, with
 * `retry-after` or with nothing left until `x-ratelimit-reset`; neither says until when where it is a lesser limit.
 */
function retryAtOf(answer: Answer, now: number): number | undefined {
  const { status } = answer;
  if (status !== 429 && status !== 403) return undefined;
  const seconds = Number(answer.header('retry-after') ?? 'none');
  if (Number.isFinite(seconds)) return now + Math.min(seconds, 86_400) * 1000;
  const reset = Number(answer.header('x-ratelimit-reset') ?? 'none') * 1000;
  if (answer.header('x-ratelimit-remaining') === '0' && Number.isFinite(reset)) {
    return Math.min(Math.max(reset, now), now + 86_400_000);
  }
  return status === 429 ? now + 60_000 : undefined;
}
