import type { CommitId } from '../core/git-names.ts';
import type { ProposalRecord } from '../core/proposal/proposal-record.ts';
import type { Story } from '../core/proposal/story.ts';

/** The operation that follows the end of a proposal; `suffix` makes its id out of the proposal's. */
export interface Following {
  readonly kind: 'land' | 'withdraw';
  readonly suffix: string;
  readonly state: { readonly story: Story; readonly [field: string]: unknown };
}

/** Of one that was merged. Milliseconds that Flux and External Secrets have. */
export function landing(
  { story, object, path, makings }: ProposalRecord,
  commit: CommitId,
  { applyMs, syncMs }: { readonly applyMs: number; readonly syncMs: number },
): Following {
  return {
    kind: 'land',
    suffix: 'a',
    state: {
      story,
      object,
      ...(path === undefined ? {} : { path }),
      ...(makings === undefined ? {} : { makings }),
      commit,
      readers: [],
      consumers: [],
      syncMs,
      rolloutMs: 0,
      applyMs,
    },
  };
}

/**
 * Of one that was closed. Whoever closes one before its end did so for a reason of their own: only after it nobody had merged it in time.
 */
export function withdrawing(
  { story, object, path, branch, edit, expiresAt }: ProposalRecord,
  now: number,
): Following {
  const isLate = Date.parse(expiresAt) <= now;
  const late = isLate ? { why: `nobody merged it until ${expiresAt.slice(0, 10)}` } : {};
  return {
    kind: 'withdraw',
    suffix: 'b',
    state: {
      story: notApproved(story),
      object,
      ...(edit === undefined ? { branch } : {}),
      ...(path === undefined ? {} : { path }),
      ...late,
    },
  };
}

/** Nobody's approval is waited for any more. */
function notApproved(story: Story): Story {
  if (story.approval?.state === 'done') return { ...story, closed: true };
  return { ...story, closed: true, approval: { state: 'skipped', words: 'no second person approved it' } };
}
