import type { Actor } from './actor.ts';
import { type CommitId, isSameLogin } from './git-names.ts';
import type { NewStatus, Proposal, Review } from './ports/forge.ts';

/** The context of the status that branch protection requires. */
export const secondPersonContext = 'chatelaine/second-person';

/** Accounts on the Git host, by whose they are: Slack user id to logins. An account in it twice belongs to each of them. */
export type People = ReadonlyMap<string, readonly string[]>;

export interface Approval {
  readonly requester: Pick<Actor, 'id' | 'surface'>;
  readonly people: People;
  /** The account that the bot is on the Git host. */
  readonly bot: string;
  readonly proposal: Pick<Proposal, 'author' | 'head'>;
  readonly reviews: readonly Review[];
}

/**
 * What `chatelaine/second-person` says of a proposal's newest commit: success only when an account that belongs to
 * somebody other than the requester has approved that very commit. Accounts that the configuration gives to nobody count
 * as nobody, and neither do the bot's and the author's. Who typed in a terminal is not known: then two different people
 * have to approve, since one of them is somebody else for certain.
 */
export function judgeSecondPerson(approval: Approval): NewStatus {
  const needed = approval.requester.surface === 'terminal' ? 2 : 1;
  const standing = standingReviews(approval.reviews).filter(({ verdict }) => verdict === 'approved');
  const counted = standing.map((review) => ({ review, whose: whoseIs(review.by, approval) }));
  const atHead = counted.filter(({ review }) => review.commit === approval.proposal.head);
  if (
    canTell(
      atHead.map(({ whose }) => whose.owners).filter((owners) => owners.length > 0),
      needed,
    )
  ) {
    const names = atHead.filter(({ whose }) => whose.owners.length > 0).map(({ review }) => review.by);
    return status('success', `approved by ${names.join(' and ')}`);
  }
  return status('pending', whyNot(counted, approval.proposal.head, needed));
}

interface Whose {
  /** People other than the requester to whom the account belongs; none where it doesn't count. */
  readonly owners: readonly string[];
  /** Why it doesn't count. */
  readonly why: string;
}

function whoseIs(login: string, { people, requester, bot, proposal }: Approval): Whose {
  const owners = [...people].filter(([, logins]) => logins.some((each) => isSameLogin(each, login)));
  const nobody = (why: string): Whose => ({ owners: [], why });
  if (isSameLogin(login, bot) || isSameLogin(login, proposal.author)) return nobody(`${login} opened it`);
  if (owners.length === 0) return nobody(`${login} is in nobody’s name in git.people`);
  if (owners.some(([id]) => id === requester.id)) return nobody(`${login} belongs to who asked`);
  return { owners: owners.map(([id]) => id), why: '' };
}

/** Whether so many different people are certain to be among the owners. An account that two people share is one of them. */
function canTell(owners: readonly (readonly string[])[], needed: number): boolean {
  if (needed === 1) return owners.length > 0;
  return owners.some((one, index) =>
    owners.slice(index + 1).some((other) => !one.some((each) => other.includes(each))),
  );
}

interface Counted {
  readonly review: Review;
  readonly whose: Whose;
}

function whyNot(counted: readonly Counted[], head: CommitId, needed: number): string {
  const valid = counted.filter(({ whose }) => whose.owners.length > 0);
  const old = valid.find(({ review }) => review.commit !== head);
  const refused = counted.find(({ whose }) => whose.owners.length === 0);
  if (valid.some(({ review }) => review.commit === head)) {
    return 'waits for a second of two people: it was asked for from a terminal';
  }
  if (old !== undefined) return `waits: ${old.review.by} approved an earlier commit, not ${head.slice(0, 8)}`;
  if (refused !== undefined) return `waits for somebody other than who asked: ${refused.whose.why}`;
  return needed === 1
    ? 'waits for the approval of somebody other than who asked'
    : 'waits for the approval of two people: it was asked for from a terminal';
}

/**
 * The newest verdict of each account. A comment takes no approval back; a dismissal does. Reviews of the same moment keep
 * the order in which the host gives them.
 */
function standingReviews(reviews: readonly Review[]): readonly Review[] {
  const latest = new Map<string, Review>();
  for (const review of reviews.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))) {
    if (review.verdict !== 'commented') latest.set(review.by.toLowerCase(), review);
  }
  return [...latest.values()];
}

function status(state: NewStatus['state'], description: string): NewStatus {
  return { context: secondPersonContext, state, description };
}
