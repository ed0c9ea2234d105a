import {
  type CommonFaults,
  type Received,
  type Reply,
  type StandInOptions,
  startHttpStandIn,
} from '../http-stand-in.ts';
import type { ActContext, Seen } from './act.ts';
import { type ApiFaults, makeWebApi } from './answer-web-api.ts';
import { type Delivered, Delivery } from './deliver.ts';
import { Handouts } from './hand-out-urls.ts';
import { Modals } from './keep-modals.ts';
import type { Pressing } from './point-at.ts';
import type { SignedHttp } from './post-signed.ts';
import { press } from './press-as-person.ts';
import { respondByUrl } from './respond-by-url.ts';
import { type Saying, say } from './say-as-person.ts';
import { homelab, type SlackSeed } from './seed.ts';
import { sendEvent } from './send-event.ts';
import { type DisconnectReason, Sockets } from './serve-sockets.ts';
import type { Entry, Fields, OpenView, StoredMessage } from './shapes.ts';
import { closeView, type Submitting, submit } from './submit-as-person.ts';
import { type Suggested, type Suggesting, suggest } from './suggest-options.ts';
import { waitUntil } from './wait-until.ts';
import { type Change, Workspace } from './workspace.ts';

export interface SlackOptions extends StandInOptions {
  readonly seed?: SlackSeed;
  /** Below 1: Slack's own durations (3 s to acknowledge, 30 min of a response_url, the minutes of rate limits) are shorter. */
  readonly timeScale?: number;
  /** Rate limits as real Slack has them; on unless false. */
  readonly rateLimits?: boolean;
}

/** Faults that can be switched on and off while it runs. */
export interface SlackFaults extends CommonFaults, ApiFaults {
  /** Each envelope is delivered twice: over the same connection or over another. */
  duplicate: false | 'same' | 'other';
}

/** A workspace of people, channels and one app, over the real protocols on loopback. */
export interface SlackStandIn {
  readonly url: string;
  /** For `clientOptions.slackApiUrl`. */
  readonly apiUrl: string;
  readonly port: number;
  readonly seed: SlackSeed;
  readonly faults: SlackFaults;
  /** Every message with all that it ever said. */
  readonly history: readonly StoredMessage[];
  /** Socket Mode connections that said hello. */
  readonly connections: number;
  say(saying: Saying): Promise<Seen>;
  press(pressing: Pressing): Promise<Seen>;
  submit(submitting: Submitting): Promise<Seen>;
  suggest(suggesting: Suggesting): Promise<Suggested>;
  closeView(closing: {
    readonly user: string;
    readonly viewId?: string;
    readonly all?: boolean;
  }): Promise<Seen>;
  /** An event of the Events API, if the app is subscribed to it. */
  event(event: Fields & { readonly type: string }): Promise<Delivered | undefined>;
  /** What a person sees in a channel now, ephemeral messages included, oldest first. */
  conversation(user: string, channel: string): readonly Entry[];
  /** Channels and direct messages that a person sees, those they have with the app last. */
  channelsOf(user: string): readonly {
    readonly id: string;
    readonly name: string;
    readonly direct: boolean;
    readonly purpose: string;
  }[];
  /** The view that a person is looking at. */
  modal(user: string): OpenView | undefined;
  home(user: string): OpenView | undefined;
  setMember(channel: string, user: string, isMember: boolean): void;
  onChange(listener: (change: Change) => void): () => void;
  /** Resolves with what `condition` returns as soon as that is neither undefined nor false. Rejects after `deadlineMs` (5 s), saying `what`. */
  until<T>(condition: () => T | undefined | false, what: string, deadlineMs?: number): Promise<T>;
  /**
   * Resolves with the app's last message there that a person sees, as soon as there is one (newer than `after`, a ts)
   * and none of them says that it is at work (●). Rejects after `deadlineMs` (5 s).
   */
  settled(
    where: { readonly user: string; readonly channel: string; readonly after?: string },
    deadlineMs?: number,
  ): Promise<Entry>;
  /** Delivers by signed HTTP requests in place of Socket Mode from now on; undefined: by Socket Mode again. */
  deliverTo(http: SignedHttp | undefined): void;
  /** Tells connections to go, as Slack does every few hours. */
  disconnect(reason: DisconnectReason, which?: 'one' | 'all'): void;
  /** Cuts the WebSockets without a close frame. */
  dropSockets(): void;
  close(): Promise<void>;
}

/** Starts the stand-in for Slack on 127.0.0.1. */
export async function startSlack(options: SlackOptions = {}): Promise<SlackStandIn> {
  const scale = options.timeScale ?? 1;
  const workspace = new Workspace(options.seed ?? homelab);
  const route = (received: Received): Reply => answer(received);
  const http = await startHttpStandIn('slack', route, options);
  const apiFaults: ApiFaults = {
    rateLimited: 0,
    retryAfter: 1,
    loseAnswer: 0,
    refuseOpen: false,
    failing: {},
  };
  const faults: SlackFaults = Object.assign(http.faults, apiFaults, { duplicate: false as const });
  const sockets = new Sockets(http.server, {
    appId: workspace.seed.app.id,
    record: (received) => options.record?.(received),
    refused: () => faults.down,
    acknowledged: (id, payload) => delivery.acknowledged(id, payload),
    changed: () => workspace.changed({ kind: 'connections' }),
  });
  let target: SignedHttp | undefined;
  const delivery = new Delivery({
    sockets,
    scale,
    duplicate: () => faults.duplicate,
    http: () => target,
  });
  const context: ActContext = {
    workspace,
    modals: new Modals(workspace),
    handouts: new Handouts(scale),
    sockets,
    delivery,
    scale,
    socketBase: () => http.url.replace('http', 'ws'),
    url: () => http.url,
  };
  const api = makeWebApi(context, faults, { scale, limits: options.rateLimits ?? true });

  function answer(received: Received): Reply {
    if (received.url.startsWith('/api/')) return api.answer(received);
    if (/^\/(commands|actions)\//.test(received.url)) return respondByUrl(context, received);
    return { status: 404, body: 'not found' };
  }

  return {
    url: http.url,
    apiUrl: `${http.url}/api/`,
    port: http.port,
    seed: workspace.seed,
    faults,
    get history() {
      return workspace.history;
    },
    get connections() {
      return sockets.count;
    },
    say: (saying) => say(context, saying),
    press: (pressing) => press(context, pressing),
    submit: (submitting) => submit(context, submitting),
    suggest: (suggesting) => suggest(context, suggesting),
    closeView: (closing) => closeView(context, closing),
    event: (event) => sendEvent(context, event),
    conversation: (user, channel) => workspace.conversation(user, channel),
    channelsOf: (user) => channelsOf(workspace, user),
    modal: (user) => context.modals.top(user),
    home: (user) => context.modals.home(user),
    setMember: (channel, user, isMember) => workspace.setMember(channel, user, isMember),
    onChange: (listener) => workspace.onChange(listener),
    until: (condition, what, deadlineMs) =>
      waitUntil(workspace, condition, { what, deadlineMs: deadlineMs ?? 5000 }),
    settled: (where, deadlineMs = 5000) =>
      waitUntil(workspace, () => lastSettled(workspace, where), { what: 'a card that is final', deadlineMs }),
    deliverTo(http) {
      target = http;
    },
    disconnect: (reason, which) => sockets.disconnect(reason, which),
    dropSockets: () => sockets.drop(),
    async close() {
      await sockets.close();
      await http.close();
    },
  };
}

function lastSettled(
  workspace: Workspace,
  { user, channel, after = '' }: Parameters<SlackStandIn['settled']>[0],
): Entry | undefined {
  const said = workspace.conversation(user, channel).filter((entry) => entry.fromApp && entry.ts > after);
  return said.some((entry) => entry.text.startsWith('●')) ? undefined : said.at(-1);
}

function channelsOf(workspace: Workspace, user: string): ReturnType<SlackStandIn['channelsOf']> {
  const kind = workspace.users.get(user)?.kind;
  if (kind === 'member' || kind === 'guest') workspace.direct(user);
  return workspace.channels
    .filter((channel) => channel.members.includes(user))
    .map((channel) => ({
      id: channel.id,
      name: channel.directWith === undefined ? channel.name : 'Chatelaine',
      direct: channel.directWith !== undefined,
      purpose: channel.purpose,
    }));
}
