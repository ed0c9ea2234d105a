import type { Card } from '../core/card.ts';
import { describeUnknown } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { type Fetch, type SlackCall, SlackTrouble, troubleOf } from './call-slack.ts';
import { type Poster, quiet, sendCard } from './post-message.ts';
import type { SlackMessage } from './render-card.ts';

/** Whom to tell, and how they can be reached. */
export interface Listener {
  readonly user: string;
  readonly channel?: string | undefined;
  readonly responseUrl?: string | undefined;
}

/** Tells one person something that nobody else sees. Never throws. */
export type TellPerson = (listener: Listener, card: Card, signal: AbortSignal) => Promise<void>;

const responseTimeout = 5_000;

/**
 * By the response URL (five uses within 30 minutes, any channel), else as an ephemeral message, else in the direct
 * conversation. Where an answer was lost the person may be told twice, which is better than not at all.
 */
export function createTellPerson(options: {
  readonly call: SlackCall;
  readonly poster: Poster;
  readonly fetch: Fetch;
  /** The stand-in's address; response URLs are Slack's otherwise. */
  readonly apiUrl?: string | undefined;
  readonly log: Log;
}): TellPerson {
  const { call, poster, log } = options;

  async function respond(url: string | undefined, message: SlackMessage): Promise<void> {
    if (url === undefined || !mayRespondTo(url, options.apiUrl))
      throw new SlackTrouble('refused', 'no_response_url');
    const response = await options
      .fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json; charset=utf-8' },
        // Threat: `in_channel` would publish the command that the person typed along with the answer.
        body: JSON.stringify({ ...message, response_type: 'ephemeral', replace_original: false }),
        redirect: 'error',
        signal: AbortSignal.timeout(responseTimeout),
      })
      .catch(() => {
        throw new SlackTrouble('unanswered', 'no_answer');
      });
    const said = await response.text().catch(() => '');
    if (!response.ok) throw refusalOf(response.status, said);
  }

  return async ({ user, channel, responseUrl }, card, signal) => {
    const ways: (() => Promise<unknown>)[] = [
      () => sendCard(card, (message) => respond(responseUrl, message)),
      ...(channel === undefined
        ? []
        : [
            () =>
              sendCard(card, (message) =>
                call('chat.postEphemeral', { channel, user, ...message, ...quiet }),
              ),
          ]),
      () => poster.postToPerson(user, card, signal),
    ];
    for (const way of ways) {
      const trouble = await way().then(() => undefined, troubleOf);
      if (trouble === undefined) return;
      if (trouble.code !== 'no_response_url') {
        log.info(
          { actor: user, code: trouble.code, reason: describeUnknown(trouble) },
          'one way to a person failed',
        );
      }
    }
    log.warn({ actor: user }, 'a person could not be told');
  };
}

function refusalOf(status: number, said: string): SlackTrouble {
  const word = /\b(invalid_blocks|msg_blocks_too_long|used_url|expired_url)\b/.exec(said)?.[1];
  return new SlackTrouble('refused', word ?? `http_${status}`);
}

/** Threat: a forged address would be sent what only this person may see. */
function mayRespondTo(url: string, apiUrl: string | undefined): boolean {
  if (!URL.canParse(url)) return false;
  const { origin, hostname, protocol } = new URL(url);
  if (apiUrl !== undefined) return origin === new URL(apiUrl).origin;
  return protocol === 'https:' && ['hooks.slack.com', 'hooks.slack-gov.com'].includes(hostname);
}
