import { homelabFiles, repository } from './homelab-files.ts';

/** What a forge begins with. */
export interface ForgeSeed {
  readonly repository: string;
  readonly files: Readonly<Record<string, string>>;
  readonly bot: { readonly login: string; readonly token: string };
  /** Checks that the base branch requires. */
  readonly required: readonly string[];
  /** Who made the first commit. */
  readonly author: string;
}

/** Accounts of the people of the playground's Slack. */
export const accounts = { requester: 'robin', admin: 'ada', viewer: 'sam' } as const;

/** The homelab's repository, with branch protection as the guide asks for. */
export const forgeSeed: ForgeSeed = {
  repository,
  files: homelabFiles(),
  bot: { login: 'chatelaine-bot', token: 'github_pat_playground_bot' },
  required: ['chatelaine/second-person'],
  author: accounts.admin,
};
