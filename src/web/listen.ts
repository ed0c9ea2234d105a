import type { Server } from 'node:http';
import { ChatelaineError } from '../core/errors.ts';

/** Listens, or throws config-invalid: the port is another's. `key`: what of the configuration names it. */
export function listen(
  server: Server,
  { port, what, key }: { readonly port: number; readonly what: string; readonly key: string },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', () =>
      reject(
        new ChatelaineError({
          code: 'config-invalid',
          doing: `serving ${what} on port ${port}`,
          wrong: 'the port can’t be used',
          state: 'Chatelaine did not start.',
          next: `Choose another one with ${key}.`,
        }),
      ),
    );
    server.listen(port, resolve);
  });
}
