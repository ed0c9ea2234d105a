import { type DestinationStream, pino } from 'pino';
import type { Log, LogFields } from './core/log.ts';

/**
 * The log over pino: one JSON object a line. Fields come from the allow-list of `LogFields` by type, so there is
 * nothing to redact; no error, request or body has a field to go into.
 */
export function createLog(level: string, version: string, destination?: DestinationStream): Log {
  const options = { level, base: { version }, timestamp: pino.stdTimeFunctions.isoTime, serializers: {} };
  const logger = destination === undefined ? pino(options) : pino(options, destination);
  return {
    trace: (fields: LogFields, message: string) => logger.trace(fields, message),
    debug: (fields: LogFields, message: string) => logger.debug(fields, message),
    info: (fields: LogFields, message: string) => logger.info(fields, message),
    warn: (fields: LogFields, message: string) => logger.warn(fields, message),
    error: (fields: LogFields, message: string) => logger.error(fields, message),
  };
}
