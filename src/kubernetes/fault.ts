import { z } from 'zod';
import { ChatelaineError, type ErrorCode } from '../core/errors.ts';
import type { ResourceKind, Where } from './resources.ts';
import { resources } from './resources.ts';

/** What was asked of the API server, in words for people. */
export interface Asked {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';
  readonly where: Where | 'version';
  /** As a gerund: "annotating media/jellyfin". */
  readonly doing: string;
}

/** An answer that is no success; the body is read for what it says of a policy, and never shown. */
export interface Refusal {
  readonly status: number;
  readonly body: string;
}

const Status = z.object({
  details: z
    .object({ causes: z.array(z.object({ message: z.string().catch('') })).catch([]) })
    .catch({ causes: [] }),
});

interface Denial {
  readonly policy: string;
}

/**
 * Which ValidatingAdmissionPolicy refused, if one did. The API server gives no code for it, only this cause
 * (staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/validating/dispatcher.go); its status is the policy's to choose.
 */
export function policyDenial({ body }: Refusal): Denial | undefined {
  for (const { message } of causesOf(body)) {
    const policy =
      /^ValidatingAdmissionPolicy '([^']{1,253})' (?:with binding '[^']{1,253}' )?denied request:/.exec(
        message,
      )?.[1];
    if (policy !== undefined) return { policy };
  }
  return undefined;
}

function causesOf(body: string): readonly { readonly message: string }[] {
  try {
    return Status.safeParse(JSON.parse(body)).data?.details.causes ?? [];
  } catch {
    return [];
  }
}

const nothing = 'Nothing changed.';

/** The error for an answer that is no success. */
export function refusalFault(asked: Asked, refusal: Refusal): ChatelaineError {
  const { status } = refusal;
  const denial = policyDenial(refusal);
  const at = { doing: asked.doing, status };
  if (denial !== undefined) {
    return new ChatelaineError({
      ...at,
      code: 'kubernetes-refused-by-policy',
      wrong: `the admission policy ${denial.policy} refused it`,
      state: nothing,
      next: 'Compare the policy in the cluster with the one in manifests/chatelaine.',
      candidates: [denial.policy],
    });
  }
  const words = wordsFor(asked, status);
  return new ChatelaineError({ ...at, state: nothing, ...words });
}

interface Words {
  readonly code: ErrorCode;
  readonly wrong: string;
  readonly next: string;
  readonly state?: string;
}

function wordsFor(asked: Asked, status: number): Words {
  if (status === 401) {
    return {
      code: 'kubernetes-denied',
      wrong: 'the API server does not accept the token of the bot',
      next: "Look at the bot's ServiceAccount and its token.",
    };
  }
  if (status === 403) {
    return {
      code: 'kubernetes-denied',
      wrong: `the bot's account may not ${asked.verb} ${resourceOf(asked)}`,
      next: 'Give it the roles in manifests/chatelaine/rbac.yaml.',
    };
  }
  if (status === 404) {
    return {
      code: 'kubernetes-missing',
      wrong: missingOf(asked),
      next: 'See what there is with /secret list.',
    };
  }
  if (status === 409) {
    return { code: 'kubernetes-conflict', wrong: 'somebody else changed it meanwhile', next: 'Ask again.' };
  }
  if (isBusy(status)) {
    return {
      code: 'kubernetes-unreachable',
      wrong: `the API server is not ready to answer (HTTP ${status})`,
      next: "Look at the cluster's control plane, then ask again.",
      // A gateway or a server that gives up in the middle may have done it.
      ...(status === 429 || isRead(asked) ? {} : { state: unknownState }),
    };
  }
  return {
    code: 'kubernetes-unexpected',
    wrong: `the API server gave an answer that was not expected (HTTP ${status})`,
    next: "Look at the API server's log for this request.",
    ...(status < 500 || isRead(asked) ? {} : { state: unknownState }),
  };
}

const unknownState = 'It is not known whether the change was made; asking again is safe.';

/** Answers that another try a moment later may better. */
export function isBusy(status: number): boolean {
  return status === 429 || status === 502 || status === 503 || status === 504;
}

function isRead({ verb }: Asked): boolean {
  return verb === 'get' || verb === 'list' || verb === 'watch';
}

function resourceOf({ where }: Asked): string {
  if (where === 'version') return 'the version';
  const { plural } = resources[where.kind];
  const what = where.subresource === undefined ? plural : `${plural}/${where.subresource}`;
  return where.namespace === undefined ? what : `${what} in ${where.namespace}`;
}

function missingOf({ where }: Asked): string {
  if (where === 'version') return 'there is no such address on the API server';
  if (where.name !== undefined) return `there is no ${where.kind} of that name`;
  return `the cluster does not know ${resources[where.kind].plural}${hintFor(where.kind)}`;
}

const makers: readonly (readonly [group: string, maker: string])[] = [
  ['external-secrets.io', 'External Secrets'],
  ['toolkit.fluxcd.io', 'Flux'],
  ['cert-manager.io', 'cert-manager'],
];

function hintFor(kind: ResourceKind): string {
  const maker = makers.find(([group]) => resources[kind].base.includes(group))?.[1];
  return maker === undefined ? '' : `: ${maker} is not installed`;
}

/** The error for a connection that failed or an answer that did not come. `sent`: the request may have arrived. */
export function networkFault(asked: Asked, why: string, sent: boolean): ChatelaineError {
  return new ChatelaineError({
    code: 'kubernetes-unreachable',
    doing: asked.doing,
    wrong: `the API server ${why}`,
    state: sent && !isRead(asked) ? unknownState : nothing,
    next: 'Look whether the API server is up and can be reached from the bot, then ask again.',
  });
}

/** The error for an answer that is not what its kind should be. */
export function oddAnswer(asked: Asked): ChatelaineError {
  return new ChatelaineError({
    code: 'kubernetes-unexpected',
    doing: asked.doing,
    wrong: 'the API server answered with something else than was asked for',
    state: isRead(asked) ? nothing : unknownState,
    next: 'Look whether something stands between the bot and the API server.',
  });
}
