import { z } from 'zod';
import type { Clock } from '../core/clock.ts';
import { ChatelaineError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { type SlackCall, slackFault, troubleOf } from './call-slack.ts';

const AuthTest = z.object({ team_id: z.string(), user_id: z.string(), bot_id: z.string().optional() });

/** Who the bot is in which workspace, as `auth.test` says. */
export interface Identity {
  /** The workspace served; nothing until Slack has said it. */
  teamId(): string | undefined;
  botUserId(): string | undefined;
  botId(): string | undefined;
  trouble(): string | undefined;
  /**
   * Asks once. Where Slack gives no answer it goes on asking in the background, so that the bot starts while Slack is
   * down. Throws slack-refused for a token that Slack refuses, or that is of another workspace than configured.
   */
  learn(signal: AbortSignal): Promise<void>;
}

const longestPause = 30_000;

/** Knows who the bot is as soon as `learn` has been told; before that it knows nothing. */
export function createIdentity(options: {
  readonly call: SlackCall;
  /** The workspace that the configuration names. */
  readonly expected: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
}): Identity {
  let known: z.infer<typeof AuthTest> | undefined;
  let trouble: string | undefined;

  async function ask(): Promise<void> {
    const said = AuthTest.parse(await options.call('auth.test', {}));
    if (options.expected !== undefined && said.team_id !== options.expected) {
      throw otherTeam(said.team_id, options.expected);
    }
    known = said;
    trouble = undefined;
  }

  async function askAgain(signal: AbortSignal): Promise<void> {
    for (let attempt = 0; known === undefined && !signal.aborted; attempt += 1) {
      await options.clock.sleep(Math.min(longestPause, 500 * 2 ** attempt), signal).catch(() => undefined);
      if (signal.aborted) return;
      await ask().catch((error: unknown) => {
        trouble = describe(error);
        options.log.warn({ attempt, reason: trouble }, 'Slack did not say which workspace the bot is in');
      });
    }
  }

  return {
    teamId: () => known?.team_id,
    botUserId: () => known?.user_id,
    botId: () => known?.bot_id,
    trouble: () => trouble,
    async learn(signal) {
      try {
        await ask();
      } catch (error) {
        if (error instanceof ChatelaineError) throw error;
        const why = troubleOf(error);
        if (why.kind === 'refused')
          throw slackFault(why, 'logging in to Slack', 'Nothing is received from Slack.');
        trouble = describe(error);
        options.log.warn({ reason: trouble }, 'Slack did not say which workspace the bot is in');
        void askAgain(signal);
      }
    },
  };
}

function describe(error: unknown): string {
  return error instanceof ChatelaineError ? error.message : `auth.test: ${troubleOf(error).code}`;
}

function otherTeam(said: string, expected: string): ChatelaineError {
  return new ChatelaineError({
    code: 'slack-refused',
    doing: 'logging in to Slack',
    wrong: `the token is of the workspace ${said.slice(0, 30)}, the configuration says ${expected}`,
    state: 'Nothing is received from Slack.',
    next: 'Use the token of the right workspace, or mend the configuration.',
  });
}
