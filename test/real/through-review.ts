import { expect } from 'vitest';
import { until } from '../servers/until.ts';
import { type Follow, numberIn } from './follow-cards.ts';
import type { Homelab } from './gitops-world.ts';

/** What became of a proposal, and what its card said at each turn. */
export interface Reviewed {
  readonly number: number;
  /** Of the merge, as cards write it. */
  readonly commit: string;
  readonly waits: string;
  readonly approved: string;
}

export interface Turns extends Reviewed {
  readonly live: string;
}

/** Waits until it is proposed; approved and merged by the second person then. */
export async function approveAndMerge(homelab: Homelab, card: Follow): Promise<Reviewed> {
  const waits = await card(/waits? for a second person/);
  const number = numberIn(waits);
  await homelab.reviewer.review(number, 'approve');
  const approved = await card(/(?:is|are) approved/);
  const merged = (): Promise<boolean> => homelab.reviewer.merge(number, 'squash').then(() => true);
  await until(merged, {
    what: `pull request ${number} to be merged`,
    deadlineMs: 90_000,
    pollMs: 200,
  });
  const commit = (await homelab.bare.resolve('main')).slice(0, 7);
  return { number, commit, waits, approved };
}

/** The same, and followed to its last card. */
export async function throughReview(homelab: Homelab, card: Follow): Promise<Turns> {
  const reviewed = await approveAndMerge(homelab, card);
  return { ...reviewed, live: await card(/^[✓▲✗]/) };
}

export interface Expected {
  /** `api-key of media/jellyfin` */
  readonly subject: string;
  /** Lines that come before the pull request. */
  readonly written?: readonly string[];
  /** How the cluster proves it in the end. */
  readonly seen: string;
  readonly verb?: 'live' | 'gone';
}

/** What the card of every proposal tells that goes well. */
export function expectStory(
  { number, commit, waits, approved, live }: Turns,
  { subject, written = [], seen, verb = 'live' }: Expected,
): void {
  const [are, wait] = subject.includes(',') ? ['are', 'wait'] : ['is', 'waits'];
  const opened = [...written, `  ✓ pull request #${number} opened`];
  expect(waits.split('\n')).toEqual(
    expect.arrayContaining([
      `· ${subject} ${wait} for a second person: pull request #${number}`,
      '  asked by @robin',
      ...opened,
      '  … waits for the approval of somebody other than who asked',
      '  · merge',
      '  · apply with Flux',
    ]),
  );
  expect(approved.split('\n')).toEqual(
    expect.arrayContaining([
      `· ${subject} ${are} approved: pull request #${number} can be merged`,
      ...opened,
      '  ✓ approved by reviewer',
      '  · merge',
    ]),
  );
  expect(live).toMatch(
    new RegExp(`^✓ ${subject} ${are} ${verb}: merged as ${commit}, seen in the cluster .* later\n`),
  );
  expect(live.split('\n')).toEqual(
    expect.arrayContaining([
      ...opened,
      '  ✓ approved by reviewer',
      `  ✓ merged as ${commit} by reviewer`,
      `  ✓ Flux applied ${commit} (flux-system/apps)`,
      expect.stringContaining(`  ✓ ${seen}`),
    ]),
  );
}
