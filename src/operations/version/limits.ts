import type { Settings } from '../../core/command.ts';
import { describeDuration } from '../../core/duration.ts';
import { ChatelaineError } from '../../core/errors.ts';
import type { SecretMetadata } from '../../core/ports/vault.ts';
import { readProven, readVersions } from '../../core/version-record.ts';

/** `rotating`, `rotated`. */
export interface LimitWords {
  readonly doing: string;
  readonly done: string;
}

const dayMs = 24 * 60 * 60_000;

/**
 * KV v2 keeps `max_versions` versions (10 by default) and drops the oldest. So whoever may write could drop the
 * last good value by writing often, without any right to delete. Throws limit-reached well before that: after so
 * many of our rotations in 24 hours, or half of what is kept; and within a pause after the last one.
 */
export function assertWithinLimits(check: {
  readonly target: string;
  readonly metadata: SecretMetadata;
  readonly settings: Settings;
  readonly now: number;
  readonly words: LimitWords;
}): void {
  const { metadata, settings, now } = check;
  const recent = readVersions(metadata.custom)
    .map((record) => ({ ...record, ageMs: now - Date.parse(record.at) }))
    .filter(({ ageMs }) => ageMs < dayMs);
  const [last] = recent;
  if (last !== undefined && last.ageMs < settings.pauseSeconds * 1000) {
    throw refusal(
      check,
      `it was ${check.words.done} ${describeDuration(last.ageMs)} ago as v${last.version}`,
      pauseRule(settings),
    );
  }
  const most = Math.max(1, Math.min(settings.rotationsPerDay, Math.floor(metadata.maxVersions / 2)));
  if (recent.length < most) return;
  const proven = readProven(metadata.custom);
  const good = proven === undefined ? '' : ` The last proven version is v${proven}.`;
  throw refusal(
    check,
    `it was ${check.words.done} ${recent.length} times in 24 hours`,
    `The limit is ${most}, so that the last good of its ${metadata.maxVersions} kept versions isn't dropped.${good} Find out why it is ${check.words.done} so often.`,
  );
}

function pauseRule({ pauseSeconds }: Settings): string {
  return `Two rotations of one path are at least ${pauseSeconds} s apart; look at the first with /secret status.`;
}

function refusal(
  { target, words }: { readonly target: string; readonly words: LimitWords },
  wrong: string,
  next: string,
): ChatelaineError {
  return new ChatelaineError({
    code: 'limit-reached',
    doing: `${words.doing} ${target}`,
    wrong,
    state: 'Nothing changed.',
    next,
  });
}
