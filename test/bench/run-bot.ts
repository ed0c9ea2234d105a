import { loadConfiguration } from '../../src/config/load-configuration.ts';
import { systemClock } from '../../src/core/clock.ts';
import { createLog } from '../../src/logging.ts';
import { startBot } from '../../src/start.ts';
import { version } from '../../src/version.ts';

/*
 * The bot as `chatelaine` runs it, but for one thing: no pause between edits of its cards. Dozens of rotations in a
 * row would use up what Slack takes in a minute, and then the bot rightly makes fewer calls than it was recorded with.
 */
const loaded = loadConfiguration(process.argv[2] ?? '');
const { slack, ...rest } = loaded.configuration;
const configuration = {
  ...rest,
  ...(slack === undefined ? {} : { slack: { ...slack, editsPerMinute: 1e6 } }),
};
const log = createLog(configuration.log.level, version);
const bot = await startBot({ loaded: { ...loaded, configuration }, clock: systemClock, log, version });
const waiting = setInterval(() => {
  if (bot.troubles().length > 0) return;
  clearInterval(waiting);
  process.send?.('ready');
}, 10);
process.on('message', () => process.send?.(process.cpuUsage()));
process.once('SIGTERM', () => void bot.close().finally(() => process.exit()));
