import { ChatelaineError, type ErrorCode } from '../core/errors.ts';
import type { NoAnswer } from '../core/http-answer.ts';
import { Refusal } from './answers.ts';
import type { Answer } from './transport.ts';

/** What was asked of Vault, in words for people. */
export interface Asked {
  /** As a gerund: "writing kv/media/jellyfin". */
  readonly doing: string;
  /** The path as policies name it, and the capability that it takes. */
  readonly path: string;
  readonly capability: 'read' | 'list' | 'create' | 'patch' | 'update';
  /** A write may have been done though nobody heard of it. */
  readonly writes: boolean;
}

interface Words {
  readonly code: ErrorCode;
  readonly wrong: string;
  readonly next: string;
  /** Whether it is not known if the write was done. */
  readonly open?: boolean;
}

const lookAtReplicas = 'Look at the replicas with /vault status.';
const unseal = 'See which replicas are sealed with /vault status; people with a share unseal them.';

/** The error for a request that got no answer. */
export function noAnswerFault(asked: Asked, { sent, why }: Pick<NoAnswer, 'sent' | 'why'>): ChatelaineError {
  return sent
    ? fault(asked, { code: 'vault-no-answer', wrong: `Vault ${why}`, next: lookAtReplicas, open: true })
    : fault(asked, {
        code: 'vault-unreachable',
        wrong: `Vault ${why}; nothing was sent`,
        next: lookAtReplicas,
      });
}

/** The error for an answer that is no success and has no meaning of its own for what was asked. */
export function answerFault(asked: Asked, answer: Answer): ChatelaineError {
  return fault(asked, wordsFor(asked, answer), answer.status);
}

function wordsFor(asked: Asked, answer: Answer): Words {
  const { status } = answer;
  if (status === 503 && isOfVault(answer)) {
    return { code: 'vault-sealed', wrong: 'Vault is sealed', next: unseal };
  }
  if (status === 403) return denied(asked);
  if (isRedirect(status)) {
    return {
      code: 'vault-unreachable',
      wrong: 'no replica of Vault is active: the one that answered sends us to another',
      next: lookAtReplicas,
    };
  }
  if (status === 429) {
    return {
      code: 'vault-unexpected',
      wrong: 'Vault takes no more requests for now (HTTP 429)',
      next: 'Ask again in a minute.',
    };
  }
  if (status < 500) {
    return {
      code: 'vault-unexpected',
      wrong: `Vault refused it (HTTP ${status}) for a reason that is not known here`,
      next: "Look at Vault's log for this request.",
    };
  }
  // Vault's own fault in the middle of a write, or a proxy's that gave up on it.
  return {
    code: asked.writes ? 'vault-no-answer' : 'vault-unexpected',
    wrong: `Vault or something in front of it failed (HTTP ${status})`,
    next: lookAtReplicas,
    open: true,
  };
}

function denied({ capability, path }: Asked): Words {
  return {
    code: 'vault-denied',
    wrong: `the bot's policy does not allow ${capability} on ${path}`,
    next: 'Compare the policy in Vault with manifests/vault/chatelaine.hcl, and which paths it is meant for.',
  };
}

/** The error for a success that is not what was asked for: a proxy's page, or another version of the API. */
export function oddAnswer(asked: Asked, { status }: Pick<Answer, 'status'>): ChatelaineError {
  const words: Words = {
    code: asked.writes ? 'vault-no-answer' : 'vault-unexpected',
    wrong: `the answer (HTTP ${status}) is not one of Vault's`,
    next: 'Look whether something stands between the bot and Vault, and answers in its place.',
    open: true,
  };
  return fault(asked, words, status);
}

function fault(asked: Asked, { code, wrong, next, open = false }: Words, status?: number): ChatelaineError {
  const state =
    open && asked.writes
      ? 'It may have been done or not: nothing was heard of it.'
      : 'Nothing was changed by this request.';
  return new ChatelaineError({
    code,
    doing: asked.doing,
    wrong,
    state,
    next,
    ...(status === undefined ? {} : { status }),
  });
}

/** A path without versions. */
export function missingFault({ doing }: Asked, where: string): ChatelaineError {
  return new ChatelaineError({
    code: 'vault-missing',
    doing,
    wrong: `there is nothing at ${where}`,
    state: 'Nothing was changed by this request.',
    next: 'Look at which path the ExternalSecret names, and whether it was ever written.',
    status: 404,
  });
}

/** A path whose newest version was deleted or destroyed. */
export function deletedFault(
  { doing }: Asked,
  where: string,
  { version, destroyed }: { readonly version: number; readonly destroyed: boolean },
): ChatelaineError {
  return new ChatelaineError({
    code: 'vault-deleted',
    doing,
    wrong: `v${version}, the newest at ${where}, was ${destroyed ? 'destroyed' : 'deleted'}`,
    state: 'Nothing was changed by this request.',
    next: destroyed
      ? 'It can not be brought back: a person with that right writes a new version.'
      : 'A person with that right brings it back (bao kv undelete) or writes a new version.',
    status: 404,
  });
}

/** Whether Vault itself said it. A mesh or an ingress answers 503 too, after it may have passed the request on. */
export function isOfVault({ isJson, body }: Answer): boolean {
  return isJson && Refusal.safeParse(body).success;
}

/** Whether an answer sends the caller elsewhere: a token is never taken there. */
export function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}
