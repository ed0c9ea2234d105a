import type { ObjectName, VaultPath } from '../names.ts';
import type { Proposals } from '../proposal/keep-proposals.ts';
import type { Retired } from '../proposal/keep-retired.ts';
import type { People } from '../second-person.ts';
import type { Encrypter } from './encrypter.ts';
import type { Forge } from './forge.ts';
import type { Manifests } from './manifests.ts';

/** What it takes to propose changes in Git; absent where the configuration has no section `git`. */
export interface GitOps {
  readonly forge: Forge;
  readonly manifests: Manifests;
  readonly encrypter: Encrypter;
  readonly proposals: Proposals;
  /** What was removed, and can be brought back. */
  readonly retired: Retired;
  readonly people: People;
  /** Beside the bot's own. */
  readonly labels: readonly string[];
  /** Days after which a proposal that nobody merged is closed. */
  readonly expiryDays: number;
  /** Days for which what was removed can be brought back, before a person is reminded to destroy it. */
  readonly graceDays: number;
  /** Where the values of a new secret go in the mount. */
  pathFor(target: ObjectName): VaultPath;
  /** `Chatelaine 0.1.0`. */
  readonly madeBy: string;
}
