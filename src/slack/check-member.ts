import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { Actor } from '../core/actor.ts';
import type { Clock } from '../core/clock.ts';
import { ChatelaineError } from '../core/errors.ts';
import { type SlackCall, troubleOf } from './call-slack.ts';

/** Who did something, as the payload says. */
export interface Claimed {
  readonly user: string;
  /** The person's own team, where the payload has it; the payload's `team` is where it happened. */
  readonly team?: string | undefined;
}

export interface MemberCheck {
  /** The person as an actor. Throws not-permitted for anybody but a full member, slack-unreachable when Slack doesn't say. */
  check(claimed: Claimed): Promise<Actor>;
}

/** As `users.info` answers. What a member must not be has to be there and false: an absent field is no proof. */
const UserInfo = z.object({
  user: z.object({
    id: z.string(),
    team_id: z.string(),
    deleted: z.literal(false),
    is_bot: z.literal(false),
    is_restricted: z.literal(false),
    is_ultra_restricted: z.literal(false),
    is_stranger: z.literal(false).optional(),
    name: z.string().optional(),
    real_name: z.string().optional(),
    profile: z.object({ display_name: z.string().optional() }).optional(),
    enterprise_user: z.object({ teams: z.array(z.string()).optional() }).optional(),
  }),
});

const cached = 5 * 60_000;

/**
 * Only full members of our own team are served: external people of a shared channel can press a button, and Bolt
 * doesn't look at who they are. Fails closed. A refusal is not kept, so that a guest who is made a member is let in.
 */
export function createMemberCheck(options: {
  readonly call: SlackCall;
  readonly teamId: () => string | undefined;
  readonly clock: Clock;
}): MemberCheck {
  const members = new LRUCache<string, Actor>({
    max: 5_000,
    ttl: cached,
    ttlResolution: 0,
    perf: { now: () => options.clock.monotonic() },
  });
  const asking = new Map<string, Promise<Actor>>();

  async function ask(user: string, teamId: string): Promise<Actor> {
    const info = UserInfo.safeParse(await options.call('users.info', { user }).catch(unknownPerson));
    if (!info.success || info.data.user.id !== user || !belongsTo(info.data, teamId)) throw notMember();
    const { name, real_name, profile } = info.data.user;
    const shown = [profile?.display_name, real_name, name].find((each) => each !== undefined && each !== '');
    const actor: Actor = { id: user, name: shown ?? user, surface: 'slack' };
    members.set(user, actor);
    return actor;
  }

  return {
    async check({ user, team }) {
      const teamId = options.teamId();
      if (teamId === undefined) throw notSaid('which workspace it serves');
      if (team !== undefined && team !== teamId) throw notMember();
      const known = members.get(user);
      if (known !== undefined) return known;
      const running = asking.get(user) ?? ask(user, teamId).finally(() => asking.delete(user));
      asking.set(user, running);
      return running;
    },
  };
}

/** On Enterprise Grid a person is in several workspaces, and `team_id` is only one of them. */
function belongsTo({ user }: z.infer<typeof UserInfo>, teamId: string): boolean {
  return user.team_id === teamId || (user.enterprise_user?.teams ?? []).includes(teamId);
}

/** Slack knows nobody of that id: not a member. Everything else is no answer. */
function unknownPerson(error: unknown): undefined {
  const trouble = troubleOf(error);
  if (['user_not_found', 'user_not_visible', 'users_not_found'].includes(trouble.code)) return undefined;
  throw notSaid(`who you are (${trouble.code})`);
}

function notMember(): ChatelaineError {
  return new ChatelaineError({
    code: 'not-permitted',
    doing: 'checking who asks',
    wrong: 'only full members of this workspace are served, no guests, bots or external people',
    state: 'Nothing was read or changed.',
    next: 'Ask a full member of the workspace to do it.',
  });
}

function notSaid(what: string): ChatelaineError {
  return new ChatelaineError({
    code: 'slack-unreachable',
    doing: 'checking who asks',
    wrong: `Slack did not say ${what}`,
    state: 'Nothing was read or changed: without it nobody is served.',
    next: 'Ask again in a moment; from a terminal the same command works without Slack.',
  });
}
