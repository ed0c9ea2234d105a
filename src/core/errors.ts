/**
 * The one catalogue of errors. Callers match on codes, never on message text.
 * A `ChatelaineError` is made for people: whatever it holds may be shown to them and logged.
 * Everything else that is thrown becomes a generic reply with a request id, and a log line.
 */
export const errorCodes = [
  // what a person asked for
  'bad-argument',
  'unknown-command',
  'no-such-secret',
  'no-such-property',
  'ambiguous-secret',
  'not-permitted',
  'not-rotatable',
  'nature-unknown',
  'limit-reached',
  'value-leaks',
  'already-at-work',
  'frozen',
  'asked-too-long-ago',
  // Vault
  'vault-unreachable',
  'vault-no-answer',
  'vault-sealed',
  'vault-denied',
  'vault-missing',
  'vault-deleted',
  'vault-conflict',
  'vault-login',
  'vault-unexpected',
  // Kubernetes
  'kubernetes-unreachable',
  'kubernetes-denied',
  'kubernetes-missing',
  'kubernetes-conflict',
  'kubernetes-refused-by-policy',
  'kubernetes-unexpected',
  'policy-not-enforced',
  'cache-not-ready',
  // the Git host
  'forge-unreachable',
  'forge-denied',
  'forge-missing',
  'forge-conflict',
  'forge-archived',
  'forge-rate-limited',
  'forge-unexpected',
  // SOPS files
  'sops-rules-unreadable',
  'sops-no-rule',
  'sops-rule-unusable',
  'sops-left-clear',
  'sops-document',
  'age-key-exposed',
  // Slack
  'slack-unreachable',
  'slack-refused',
  // what a proposal changes in the repository
  'manifest-exists',
  'manifest-missing',
  'manifest-not-editable',
  'manifest-refused',
  // ourselves
  'deadline-passed',
  'stopping',
  'lease-lost',
  'journal-unreadable',
  'config-invalid',
  'internal',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** What a person needs to know when something went wrong. None of it may ever hold a secret value. */
export interface Fault {
  readonly code: ErrorCode;
  /** The action in progress, as a gerund: "writing kv/media/jellyfin". */
  readonly doing: string;
  /** What went wrong: "version conflict". */
  readonly wrong: string;
  /** What state things are in now: "nothing changed". */
  readonly state: string;
  /** What the person can do next. */
  readonly next: string;
  /** Facts for the program, never shown: an HTTP status, candidates of an ambiguous name. */
  readonly status?: number;
  readonly candidates?: readonly string[];
  /** When it may be asked again, in milliseconds since 1970. */
  readonly retryAt?: number;
}

/**
 * An error that people may see. It never wraps a cause: the errors of HTTP libraries carry tokens
 * and bodies, and a `cause` is printed by loggers and by `util.inspect`.
 */
export class ChatelaineError extends Error implements Fault {
  override readonly name = 'ChatelaineError';
  readonly code: ErrorCode;
  readonly doing: string;
  readonly wrong: string;
  readonly state: string;
  readonly next: string;
  readonly status?: number;
  readonly candidates?: readonly string[];
  readonly retryAt?: number;

  constructor(fault: Fault) {
    super(`${fault.doing}: ${fault.wrong}`);
    this.code = fault.code;
    this.doing = fault.doing;
    this.wrong = fault.wrong;
    this.state = fault.state;
    this.next = fault.next;
    if (fault.status !== undefined) this.status = fault.status;
    if (fault.candidates !== undefined) this.candidates = fault.candidates;
    if (fault.retryAt !== undefined) this.retryAt = fault.retryAt;
  }
}

/** Whether a caught value is ours and has one of the codes. */
export function isFault(error: unknown, ...codes: readonly ErrorCode[]): error is ChatelaineError {
  return error instanceof ChatelaineError && (codes.length === 0 || codes.includes(error.code));
}

/**
 * What may be logged of an error that is not ours: its class and its system code.
 * Never its message or its properties, which can hold a token, a URL or a body.
 */
export function describeUnknown(error: unknown): string {
  if (error instanceof ChatelaineError) return error.code;
  if (!(error instanceof Error)) return typeof error;
  const code = 'code' in error && typeof error.code === 'string' ? ` ${error.code}` : '';
  return /^[\w ]{1,80}$/.test(error.name + code) ? error.name + code : 'Error';
}
