import { type DestinationStream, pino } from 'pino';
import type { Log, LogFields } from './core/log.ts';

/** The allow-list of `LogFields` once more, for what types can't see: objects that were spread, or cast. */
const known: Readonly<Record<keyof LogFields, true>> = {
  requestId: true,
  operation: true,
  kind: true,
  step: true,
  actor: true,
  command: true,
  namespace: true,
  name: true,
  path: true,
  properties: true,
  version: true,
  replica: true,
  code: true,
  status: true,
  method: true,
  attempt: true,
  count: true,
  ms: true,
  reason: true,
  outcome: true,
  address: true,
  right: true,
};

/**
 * The log over pino: one JSON object a line. Fields come from an allow-list, so there is nothing to redact: no error,
 * request or body has a field to go into.
 */
export function createLog(level: string, version: string, destination?: DestinationStream): Log {
  const options = { level, base: { version }, timestamp: pino.stdTimeFunctions.isoTime, serializers: {} };
  const logger = destination === undefined ? pino(options) : pino(options, destination);
  return {
    trace: (fields: LogFields, message: string) => logger.trace(allowed(fields), message),
    debug: (fields: LogFields, message: string) => logger.debug(allowed(fields), message),
    info: (fields: LogFields, message: string) => logger.info(allowed(fields), message),
    warn: (fields: LogFields, message: string) => logger.warn(allowed(fields), message),
    error: (fields: LogFields, message: string) => logger.error(allowed(fields), message),
  };
}

function allowed(fields: LogFields): LogFields {
  const entries = Object.entries(fields).filter(
    ([key, value]) => Object.hasOwn(known, key) && (Array.isArray(value) || typeof value !== 'object'),
  );
  return Object.fromEntries(entries);
}
