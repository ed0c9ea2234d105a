import { randomBytes } from 'node:crypto';
import type { GitHost } from '../forge/git-host.ts';
import { type Received, type Reply, startHttpStandIn } from '../http-stand-in.ts';
import { people } from '../slack/seed.ts';
import type { SlackStandIn } from '../slack/start-slack.ts';
import { refusalOf } from './guard-requests.ts';
import type { PagePanel, PageSwitch } from './panels.ts';
import { perform, type Stage } from './perform-acts.ts';
import { readAssets } from './serve-assets.ts';
import { streamChanges } from './stream-changes.ts';

export interface PageOptions {
  /** 0 or absent: a free port. */
  readonly port?: number;
  readonly slack: SlackStandIn;
  /** A Git host whose pull requests are shown, and can be approved, merged and closed. */
  readonly git?: GitHost;
  readonly panels?: readonly PagePanel[];
  readonly switches?: readonly PageSwitch[];
  /** Who speaks at first: the requester when absent. */
  readonly user?: string;
  /** What each person may do, in a few words, by id. */
  readonly roles?: Readonly<Record<string, string>>;
  /** Commands to try, offered in an empty channel and by completion. */
  readonly examples?: readonly string[];
}

export interface PageServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves the page that looks and works like Slack on 127.0.0.1. Throws when the port is taken. */
export async function startPage(options: PageOptions): Promise<PageServer> {
  const token = randomBytes(24).toString('base64url');
  const asset = await readAssets(token);
  const stage: Stage = {
    slack: options.slack,
    ...(options.git === undefined ? {} : { git: options.git }),
    panels: options.panels ?? [],
    switches: options.switches ?? [],
  };

  async function answer(received: Received): Promise<Reply> {
    const refusal = refusalOf(received, token);
    if (refusal !== undefined) return { status: 403, body: { problem: refusal } };
    const { pathname, searchParams } = new URL(received.url, 'http://page.invalid');
    if (received.method === 'POST' && pathname.startsWith('/do/')) {
      const performed = await perform(stage, pathname.slice('/do/'.length), received.body);
      return { status: performed.ok ? 200 : 400, body: performed };
    }
    if (received.method !== 'GET') return { status: 405 };
    if (pathname === '/world') return { status: 200, body: describeWorld(options) };
    if (pathname === '/events') {
      return { take: (response) => streamChanges(stage, searchParams.get('user') ?? '', response) };
    }
    return asset(pathname);
  }

  const http = await startHttpStandIn('page', answer, { port: options.port ?? 0 });
  return { url: http.url, close: () => http.close() };
}

/** What does not change while the page is open. */
function describeWorld({ slack, user, roles = {}, examples = [] }: PageOptions): unknown {
  const { team, app, users, channels } = slack.seed;
  return {
    team: team.name,
    me: user ?? people.requester,
    bot: app.botUser,
    commands: app.commands,
    examples,
    people: users.map(({ id, name, realName, kind }) => ({
      id,
      name,
      realName,
      kind,
      role: roles[id] ?? '',
    })),
    channels: channels.map(({ id, name }) => ({ id, name })),
  };
}
