import './keep-small.ts';
import { commands } from '../commands/index.ts';
import { answerWithout, exitCodes, print, readCommandLine, runCli } from './cli.ts';
import { type Loaded, loadConfiguration } from './config/load-configuration.ts';
import { systemClock } from './core/clock.ts';
import { ChatelaineError, describeUnknown, isFault } from './core/errors.ts';
import { type Log, silentLog } from './core/log.ts';
import { createLog } from './logging.ts';
import { doctorWords, runDoctor } from './run-doctor.ts';
import { type Bot, startBot, startTerminal } from './start.ts';
import type { TerminalStyle } from './terminal/render-card.ts';
import { createTerminalSurface, type Output } from './terminal/terminal-surface.ts';
import { version } from './version.ts';
import { serveHealth } from './web/serve-health.ts';

/*
 * `chatelaine` starts the bot; `chatelaine secret list` runs one command. Both read one configuration file.
 */

/** How long the caches of a single command may take to fill. */
const readyWithinMs = 15_000;

async function main(): Promise<number> {
  const reading = readCommandLine(process.argv.slice(2), process.env);
  if (reading.kind === 'wrong') return complain(reading.why, exitCodes.usage);
  const { config, output, words } = reading.options;
  if (words[0] === '--version') {
    process.stdout.write(`chatelaine ${version}\n`);
    return exitCodes.done;
  }
  const asked = doctorWords(words);
  const answer = answerWithout(commands, words);
  // `doctor` by itself is known in a terminal alone.
  if (answer !== undefined && (answer.state === 'info' || asked === undefined)) {
    print({ output, style: terminalStyle(), write }, answer);
    return answer.state === 'info' ? exitCodes.done : exitCodes.usage;
  }
  if (asked !== undefined) return examine(config, output, asked);
  const loaded = loadConfiguration(config, { terminal: words.length > 0 });
  return words.length === 0 ? serve(loaded) : command(loaded, output, words);
}

/** Runs the bot until it is told to stop. */
async function serve(loaded: Loaded): Promise<number> {
  const { log: level, web } = {
    log: loaded.configuration.log.level,
    web: loaded.configuration.web,
  };
  const log = createLog(level, version);
  const stopped = stopSignal();
  const bot = await startBot({ loaded, clock: systemClock, log, version });
  const health =
    web === undefined ? undefined : await serveHealth(web.port, () => ({ troubles: bot.troubles() }));
  log.info({}, 'started');
  void whenReady(bot, log);
  await stopped;
  log.info({}, 'stopping');
  await bot.close();
  await health?.close();
  log.info({}, 'stopped');
  return exitCodes.done;
}

/** Says so once the caches are filled and Slack is connected; /readyz says it all the time. */
async function whenReady(bot: Bot, log: Log): Promise<void> {
  while (bot.troubles().length > 0) await systemClock.sleep(50);
  log.info({}, 'ready');
}

/** Before anything is loaded: what is wrong with the configuration is part of what is asked. */
function examine(config: string, output: 'text' | 'json', words: readonly string[]): Promise<number> {
  const stop = new AbortController();
  void stopSignal().then(() => stop.abort(interrupted()));
  const options = { config, clock: systemClock, log: terminalLog(), version };
  return runDoctor(options, { style: terminalStyle(), output, signal: stop.signal, write }, words);
}

function terminalStyle(): TerminalStyle {
  return { colours: coloursWanted(), width: process.stdout.columns ?? 120 };
}

function write(text: string): void {
  process.stdout.write(text);
}

function terminalLog(): Log {
  const level = process.env['CHATELAINE_LOG'];
  if (level === undefined) return silentLog;
  // Not where the card goes: with --output json a program reads that.
  return createLog(level, version, { write: (line) => void process.stderr.write(line) });
}

async function command(loaded: Loaded, output: 'text' | 'json', words: readonly string[]): Promise<number> {
  const style = terminalStyle();
  const screen: Output = {
    style,
    redraws: process.stdout.isTTY,
    write: output === 'json' ? () => undefined : write,
  };
  const terminal = await startTerminal(
    { loaded, clock: systemClock, log: terminalLog(), version },
    createTerminalSurface(screen),
  );
  const stop = new AbortController();
  // An operation doesn't end with the command that asked for it: closing hands it over to a replica.
  void stopSignal().then(() => {
    stop.abort(interrupted());
    return terminal.close();
  });
  try {
    const waiting = AbortSignal.any([stop.signal, AbortSignal.timeout(readyWithinMs)]);
    // A cluster that does not answer is told by the commands that need it; /vault status works without.
    await terminal.ready(waiting).catch(() => undefined);
    return await runCli(
      { dispatcher: terminal.dispatcher, style, output, signal: stop.signal, write },
      words,
    );
  } finally {
    await terminal.close();
  }
}

function interrupted(): ChatelaineError {
  return new ChatelaineError({
    code: 'stopping',
    doing: 'running the command',
    wrong: 'it was interrupted',
    state: 'What it had begun is in its journal, and a replica of the bot goes on with it.',
    next: 'See where things are with /secret status.',
  });
}

/** https://no-color.org, and a terminal at the other end. */
function coloursWanted(): boolean {
  return process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '';
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
}

function complain(text: string, code: number): number {
  process.stderr.write(`chatelaine: ${text}\n`);
  return code;
}

// A fault that nobody caught is told by its kind alone: Node would print its message and all that hangs on it, which
// could be a token or a body.
for (const event of ['unhandledRejection', 'uncaughtException'] as const) {
  process.on(event, (reason: unknown) => {
    process.exitCode = complain(`a fault of Chatelaine itself: ${describeUnknown(reason)}`, exitCodes.failed);
    process.exit();
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  process.exitCode = isFault(error)
    ? complain(`${error.message}\n${error.state} ${error.next}`, exitCodes.failed)
    : complain(`a fault of Chatelaine itself: ${describeUnknown(error)}`, exitCodes.failed);
}
// Sockets that a library keeps open don't keep a finished command from ending.
process.exit();
