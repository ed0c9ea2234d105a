import type { Delivered, Delivery } from './deliver.ts';
import type { MethodContext } from './method.ts';
import type { Entry, Fields, OpenView } from './shapes.ts';

/** What the acts of people work with. */
export interface ActContext extends MethodContext {
  readonly delivery: Delivery;
  /** Below 1: Slack's own durations are shorter. */
  readonly scale: number;
  /** `http://127.0.0.1:…`, in front of response_urls. */
  readonly url: () => string;
}

/** What a person sees at once of what they did. */
export interface Seen {
  /**
   * acknowledged: the app took it. incomplete: a form has empty or wrong fields, nothing was sent.
   * posted: a plain message. The others are shown to the person as Slack's own words.
   */
  readonly kind: Delivered['kind'] | 'posted' | 'incomplete' | 'unknown_command' | 'invalid_response';
  readonly tookMs: number;
  /** What the acknowledgement said, or Slack's own words. */
  readonly shown?: Entry;
  /** The view that is open afterwards. */
  readonly view?: OpenView;
}

/** Fields that every payload has. */
export function payloadBase({ workspace }: MethodContext, user: string): Fields {
  const { seed } = workspace;
  const person = workspace.users.get(user);
  return {
    token: 'deprecated-verification-token',
    api_app_id: seed.app.id,
    team: { id: seed.team.id, domain: seed.team.domain },
    user: {
      id: user,
      username: person?.name ?? '',
      name: person?.name ?? '',
      team_id: person?.teamId ?? seed.team.id,
    },
    enterprise: null,
    is_enterprise_install: false,
  };
}
