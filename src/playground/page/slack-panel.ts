import type { SlackStandIn } from '../slack/start-slack.ts';
import type { PagePanel, PageSwitch } from './panels.ts';

/** Slack's own side: how many connections the bot holds, and ways to lose them. */
export function slackPanel(slack: SlackStandIn): PagePanel {
  return {
    id: 'slack',
    title: 'Slack',
    rows: () => [
      {
        id: 'sockets',
        label: 'Socket Mode',
        detail: `${slack.connections} ${slack.connections === 1 ? 'connection' : 'connections'} of the bot`,
        badge:
          slack.connections > 0
            ? { text: 'connected', tone: 'good' }
            : { text: 'nobody listens', tone: 'bad' },
        actions: [
          { id: 'drop', label: 'Drop', run: () => slack.dropSockets() },
          { id: 'refresh', label: 'Refresh', run: () => slack.disconnect('refresh_requested') },
        ],
      },
    ],
  };
}

/** Faults of Slack. */
export function slackSwitches(slack: SlackStandIn): readonly PageSwitch[] {
  const { faults } = slack;
  const group = 'Slack';
  return [
    {
      id: 'slack-slow',
      group,
      label: 'Slow',
      hint: 'each answer of the Web API takes 2 s',
      get: () => faults.slow > 0,
      set: (on) => {
        faults.slow = on ? 2000 : 0;
      },
    },
    {
      id: 'slack-down',
      group,
      label: 'Down',
      hint: 'connections are cut',
      get: () => faults.down,
      set: (on) => {
        faults.down = on;
        if (on) slack.dropSockets();
      },
    },
    {
      id: 'slack-duplicate',
      group,
      label: 'Deliver twice',
      hint: 'each command and press arrives two times',
      get: () => faults.duplicate !== false,
      set: (on) => {
        faults.duplicate = on ? 'other' : false;
      },
    },
    {
      id: 'slack-limited',
      group,
      label: 'Rate limited',
      hint: 'the next 1,000 calls are answered 429',
      get: () => faults.rateLimited > 0,
      set: (on) => {
        faults.rateLimited = on ? 1000 : 0;
      },
    },
    {
      id: 'slack-lose',
      group,
      label: 'Lose answers',
      hint: 'the next 3 posts are done, and the answer is lost',
      get: () => faults.loseAnswer > 0,
      set: (on) => {
        faults.loseAnswer = on ? 3 : 0;
      },
    },
  ];
}
