import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the image sets for the bot's process, read from the Dockerfile: measured is what would run. */
export interface ImageSettings {
  /** Options of Node, before the bundle's name. */
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Reads the settings. Throws when the Dockerfile has another form than it had. */
export function readImage(): ImageSettings {
  const text = readFileSync(join(import.meta.dirname, '../../Dockerfile'), 'utf8');
  const entry = /^ENTRYPOINT (\[.*\])$/m.exec(text)?.[1];
  if (entry === undefined) throw new Error('the Dockerfile has no ENTRYPOINT as a list');
  const pairs = [...text.matchAll(/^ENV (.+)$/gm)].flatMap(([, line = '']) => line.split(/\s+/));
  return {
    flags: (JSON.parse(entry) as string[]).filter((word) => word.startsWith('--')),
    env: Object.fromEntries(
      pairs
        .filter((pair) => !pair.startsWith('CHATELAINE_'))
        .map((pair) => pair.split('=') as [string, string]),
    ),
  };
}
