/** Whether two addresses name the same repository, whichever protocol, user and ending they are written with. */
export function isSameRepository(one: string, other: string): boolean {
  const [a, b] = [placeOf(one), placeOf(other)];
  return a !== undefined && a === b;
}

/** `github.com/owner/name`, of `ssh://git@github.com/owner/name.git`, `git@github.com:owner/name`, `https://…`. */
function placeOf(address: string): string | undefined {
  const short = /^(?:[^@/\s]+@)?([^:/\s]+):(?!\/\/)(.+)$/.exec(address);
  if (short !== null) return normalised(short[1] ?? '', short[2] ?? '');
  if (!URL.canParse(address)) return undefined;
  const { protocol, hostname, port, pathname } = new URL(address);
  // Over SSH a host is the same by whichever port; by HTTP another port is another server.
  const isWeb = protocol === 'https:' || protocol === 'http:';
  return normalised(isWeb && port !== '' ? `${hostname}:${port}` : hostname, pathname);
}

/** Hosts compare names without regard to case; trailing slashes and `.git` are another spelling. */
function normalised(host: string, path: string): string {
  const trimmed = path.replace(/^\/+|\/+$/g, '').replace(/\.git$/, '');
  return `${host}/${trimmed}`.toLowerCase();
}
