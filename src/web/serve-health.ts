import { createServer } from 'node:http';
import { listen } from './listen.ts';

export interface Health {
  /** Why the bot is not ready to answer, in words for a log; empty when it is. */
  readonly troubles: readonly string[];
}

/**
 * Serves /healthz (the process answers) and /readyz (caches are filled and Slack is connected; 503 with the
 * troubles otherwise) for probes. A sealed Vault is no reason to be unready: the bot is needed then.
 * Throws config-invalid when the port is taken.
 */
export async function serveHealth(
  port: number,
  health: () => Health,
): Promise<{ readonly close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    const { troubles } = request.url === '/readyz' ? health() : { troubles: [] };
    const known = request.url === '/readyz' || request.url === '/healthz';
    const status = known ? (troubles.length === 0 ? 200 : 503) : 404;
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
    response.end(known ? `${troubles.join('\n') || 'ok'}\n` : 'not found\n');
  });
  server.requestTimeout = 5_000;
  await listen(server, { port, what: 'health', key: 'web.port' });
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
