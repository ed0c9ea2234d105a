import type { SyncOutcome } from './ports/cluster.ts';

/** Why an ExternalSecret can't be said to have the value of now, in words; nothing where it has. */
export function whyNotLive(outcome: SyncOutcome): string | undefined {
  switch (outcome.state) {
    case 'live':
      return undefined;
    case 'unprovable':
      return outcome.why;
    case 'gone':
      return 'it was deleted meanwhile';
    case 'late':
      return outcome.message;
    case 'failed': {
      const likely = outcome.likely === undefined ? '' : ` (${outcome.likely})`;
      return `${outcome.reason}, External Secrets says “${outcome.message}”${likely}`;
    }
  }
}
