import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { commandsPage } from './describe-commands.ts';
import { configurationPage, configurationSchema } from './describe-configuration.ts';

/** The pages that are made from the source, by their path. A test holds that they are up to date. */
export function documents(): Readonly<Record<string, string>> {
  return {
    'docs/commands.md': commandsPage(),
    'docs/configuration.md': configurationPage(),
    'docs/reference/chatelaine.schema.json': `${JSON.stringify(configurationSchema(), undefined, 2)}\n`,
  };
}

if (import.meta.main) {
  for (const [path, text] of Object.entries(documents())) {
    const file = join(import.meta.dirname, '..', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    console.log(`wrote ${path}`);
  }
}
