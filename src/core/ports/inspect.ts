import type { Text } from '../card.ts';
import type { Call } from './call.ts';

/** Looks at one part of the installation and says what is right and wrong with it. */
export interface Inspector {
  /** The part it looks at, for saying that it could not be looked at. */
  readonly area: Area;
  /** Changes nothing, and is safe to repeat. What can't be asked is a finding, not an error; only a fault of our own throws. */
  inspect(call: Call): Promise<readonly Finding[]>;
}

/** The parts, in the order in which they are mended: what comes later often fails because of what comes first. */
export const areas = [
  'Configuration',
  'Slack',
  'Vault',
  'Kubernetes',
  'External Secrets',
  'Git',
  'Flux',
  'Certificates',
] as const;
export type Area = (typeof areas)[number];

export interface Finding {
  readonly area: Area;
  /**
   * good: looked at, and as it should be. doubt: works, and may not be meant so. fault: does not work, or gives the bot
   * more than it may have. unknown: can't be seen from here; `fix` says who can look, and how.
   */
  readonly state: 'good' | 'doubt' | 'fault' | 'unknown';
  /** What is so, in words that stand alone: "the bot may read values in Vault". Never a value. */
  readonly what: string;
  /** By what it was seen: "kv/data/media/jellyfin: create, patch, read". Never a value. */
  readonly evidence: string;
  /** A command, or a manifest of manifests/. */
  readonly fix?: Text;
}
