import { type Logger, LogLevel } from '@slack/bolt';
import { describeUnknown } from '../core/errors.ts';
import type { Log } from '../core/log.ts';

/**
 * Bolt's logger over ours, at info and above. Threat: at debug Bolt and its clients log whole payloads, modal values
 * and headers among them; above it they put error texts and URLs after a colon or a bracket. Only the fixed words
 * before these pass, and nothing that looks like a token.
 */
export function mapBoltLog(log: Log): Logger {
  const at =
    (level: 'info' | 'warn' | 'error') =>
    (...message: unknown[]): void =>
      log[level]({ reason: fixedWords(message[0]) }, 'bolt');
  return {
    debug: () => undefined,
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    setLevel: () => undefined,
    getLevel: () => LogLevel.INFO,
    setName: () => undefined,
  };
}

function fixedWords(message: unknown): string {
  if (typeof message !== 'string') return describeUnknown(message);
  const words = /^[A-Za-z][A-Za-z' -]{0,100}/.exec(message)?.[0].trim() ?? '';
  return words === '' || /xox|xapp/i.test(words) ? 'unlisted' : words;
}
