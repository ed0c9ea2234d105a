/**
 * What a log line may hold. An allow-list by type: a value, a body, a header or a raw error has no
 * field to go into. Messages are static; what varies is in fields.
 */
export interface LogFields {
  readonly requestId?: string | undefined;
  readonly operation?: string | undefined;
  readonly kind?: string | undefined;
  readonly step?: string | undefined;
  readonly actor?: string | undefined;
  readonly command?: string | undefined;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly path?: string | undefined;
  readonly properties?: readonly string[] | undefined;
  readonly version?: number | undefined;
  readonly replica?: string | undefined;
  readonly code?: string | undefined;
  readonly status?: number | undefined;
  readonly method?: string | undefined;
  readonly attempt?: number | undefined;
  readonly count?: number | undefined;
  readonly ms?: number | undefined;
  readonly reason?: string | undefined;
  readonly outcome?: string | undefined;
  readonly address?: string | undefined;
  readonly right?: string | undefined;
}

export interface Log {
  trace(fields: LogFields, message: string): void;
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

/** A log that keeps nothing, for tests and for the command line's plain output. */
export const silentLog: Log = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
