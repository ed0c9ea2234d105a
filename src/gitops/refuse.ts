import { ChatelaineError, type ErrorCode } from '../core/errors.ts';

interface Refusal {
  readonly code: Extract<ErrorCode, `manifest-${string}` | 'bad-argument'>;
  readonly doing: string;
  readonly wrong: string;
  readonly next: string;
}

/** An error of this part: plans only are made here, so nothing has changed when one fails. */
export function refusal(of: Refusal): ChatelaineError {
  return new ChatelaineError({ ...of, state: 'Nothing was proposed.' });
}

/** The file can't be changed without touching more than was asked. */
export function notEditable(path: string, wrong: string): ChatelaineError {
  return refusal({
    code: 'manifest-not-editable',
    doing: `changing ${path}`,
    wrong,
    next: 'Make this change by hand in a pull request of your own.',
  });
}
