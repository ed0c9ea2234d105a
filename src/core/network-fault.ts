const beforeSending: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection',
  ENOTFOUND: 'has a name that is not known',
  EAI_AGAIN: 'has a name that could not be looked up',
  EHOSTUNREACH: 'can not be reached from here',
  ENETUNREACH: 'can not be reached from here',
  EACCES: 'can not be reached from here',
  UND_ERR_CONNECT_TIMEOUT: 'did not take the connection in time',
  ERR_SSL_WRONG_VERSION_NUMBER: 'does not speak TLS at this address',
};

/** Certificates that Node did not accept; their codes are OpenSSL's. */
const certificate =
  /^(?:CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS_|HOSTNAME_MISMATCH|INVALID_CA|ERR_SSL)/;

/** What went wrong with a connection, in words that follow the server's name. Told by code; the message is not read. */
export function describeNetworkFault(error: unknown): string {
  const code = codeOf(error);
  if (code === undefined) return 'gave no answer in time';
  const known = beforeSending[code];
  if (known !== undefined) return known;
  if (certificate.test(code)) return `has a certificate that is not trusted (${code})`;
  if (code.endsWith('_TIMEOUT')) return 'gave no answer in time';
  return 'cut the connection without an answer';
}

/** Whether the connection never stood, so that nothing can have been sent. */
export function isBeforeSending(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && (code in beforeSending || certificate.test(code));
}

function codeOf(error: unknown): string | undefined {
  // Several addresses of one name were tried: one of the refusals stands for all.
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  if (!(error instanceof Error) || error.name === 'AbortError' || error.name === 'TimeoutError')
    return undefined;
  if (!('code' in error) || typeof error.code !== 'string') return undefined;
  return /^[A-Z0-9_]{2,60}$/.test(error.code) && !error.code.startsWith('UND_ERR_ABORT')
    ? error.code
    : undefined;
}
