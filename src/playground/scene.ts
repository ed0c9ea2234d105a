import type { GitHost } from './forge/git-host.ts';
import type { PagePanel, PageSwitch } from './page/panels.ts';
import type { SlackStandIn } from './slack/start-slack.ts';

/** What the bot is played with: Slack's stand-in, and servers that are stand-ins or real. */
export interface Scene {
  readonly slack: SlackStandIn;
  readonly git: GitHost;
  /** The bot's configuration file. */
  readonly config: string;
  /** What the bot's environment has to hold. */
  readonly env: Readonly<Record<string, string>>;
  /** What the page shows beside the conversation. Never a value. */
  readonly panels: readonly PagePanel[];
  readonly switches: readonly PageSwitch[];
  close(): Promise<void>;
}
