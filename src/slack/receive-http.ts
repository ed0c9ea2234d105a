import { HTTPReceiver, type Logger } from '@slack/bolt';
import type { Clock } from '../core/clock.ts';
import { rememberDeliveries } from './remember-deliveries.ts';

const tolerated = 5 * 60;

/**
 * Bolt's receiver of signed requests, made as strict as Slack's documentation: it also refuses a timestamp more than
 * five minutes ahead, and marks a request whose signature was seen before as replayed (`context.replayed`). Only a
 * signature that was verified is remembered, so nobody can use up one that Slack has yet to send.
 */
export function createHttpReceiver(options: {
  readonly signingSecret: string;
  readonly port: number;
  readonly path: string;
  readonly clock: Clock;
  readonly logger: Logger;
}): HTTPReceiver {
  const seen = rememberDeliveries(options.clock);
  const receiver = new HTTPReceiver({
    signingSecret: options.signingSecret,
    endpoints: [options.path],
    port: options.port,
    logger: options.logger,
    customPropertiesExtractor: ({ headers }) => ({
      replayed: !seen.isNew(String(headers['x-slack-signature'])),
    }),
  });
  const listener = receiver.requestListener.bind(receiver);
  receiver.requestListener = (request, response) => {
    const sent = Number(request.headers['x-slack-request-timestamp'] ?? Number.NaN);
    if (sent > options.clock.now() / 1000 + tolerated) {
      options.logger.warn('Refused a request with a timestamp from the future');
      response.writeHead(401).end();
      return;
    }
    // Bolt compares the whole header, and would answer 400 to one that names a charset.
    const type = request.headers['content-type'];
    if (type?.startsWith('application/x-www-form-urlencoded;') === true) {
      request.headers['content-type'] = 'application/x-www-form-urlencoded';
    }
    listener(request, response);
  };
  return receiver;
}
