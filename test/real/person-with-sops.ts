import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type ForgeAccount, type ForgeRepository, withToken } from '../servers/gitea.ts';
import { programPath } from '../servers/locate.ts';
import type { AgeKey } from '../servers/sops.ts';

const run = promisify(execFile);

/** Somebody at a desk of their own: a clone of the repository, git, sops, and the age key that the bot never has. */
export interface PersonWithSops {
  /** Types a command in the clone. `becomes`: what they make of the text that an editor opens for it. */
  type(command: string, becomes?: string): Promise<void>;
  read(path: string): Promise<string>;
}

export interface Desk {
  /** Of their own; it is made. */
  readonly folder: string;
  readonly repository: ForgeRepository;
  /** As whom they clone and push. */
  readonly account: ForgeAccount;
  readonly key: AgeKey;
}

/** Clones the repository, as it is now. */
export async function sitDown({ folder, repository, account, key }: Desk): Promise<PersonWithSops> {
  await mkdir(folder, { mode: 0o700 });
  const clone = join(folder, 'clone');
  const editor = join(folder, 'editor');
  const next = join(folder, 'next');
  await writeFile(editor, `#!/bin/sh\nexec cp '${next}' "$1"\n`);
  await chmod(editor, 0o700);
  const env = {
    PATH: process.env['PATH'] ?? '',
    SOPS: await programPath('sops'),
    HOME: folder,
    EDITOR: editor,
    SOPS_AGE_KEY: key.identity,
    SOPS_DISABLE_VERSION_CHECK: '1',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    ...identityOf(account),
    ...withToken(account.token),
  };
  await run('git', ['clone', '--quiet', repository.url, clone], { env });
  return {
    async type(command, becomes = '') {
      await writeFile(next, becomes, { mode: 0o600 });
      await run('bash', ['-euc', `sops() { "$SOPS" "$@"; }\n${command}`], { cwd: clone, env });
    },
    read: (path) => readFile(join(clone, path), 'utf8'),
  };
}

/** The commands that a card gives, each as it stands there. */
export function commandsIn(card: string): readonly string[] {
  return [...card.matchAll(/^ *((?:git|sops) .*)$/gm)].map(([, command = '']) => command);
}

function identityOf({ name }: ForgeAccount): Record<string, string> {
  const email = `${name}@example.org`;
  return {
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
  };
}
