import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { programPath } from './locate.ts';

const run = promisify(execFile);

/** An age key: what encrypts, and the file's text that decrypts. */
export interface AgeKey {
  readonly recipient: string;
  readonly identity: string;
}

/** Makes an age key with age-keygen. */
export async function makeAgeKey(): Promise<AgeKey> {
  const { stdout } = await run(await programPath('age-keygen'), []);
  const recipient = /^# public key: (age1\w+)$/m.exec(stdout)?.[1];
  if (recipient === undefined) throw new Error('age-keygen printed no public key');
  return { recipient, identity: stdout };
}

/** Encrypts the values of a Kubernetes Secret as a person does with `sops`; answers the file's text. */
export async function encrypt(folder: string, recipient: string, yaml: string): Promise<string> {
  const file = join(folder, 'plain.yaml');
  await writeFile(file, yaml, { mode: 0o600 });
  const rule = ['--encrypted-regex', '^(data|stringData)$', '--age', recipient];
  const { stdout } = await run(await programPath('sops'), ['encrypt', ...rule, file], { env: envOf(folder) });
  return stdout;
}

/** Decrypts with one key as `sops` does, which checks the whole file's MAC. Throws when it doesn't hold. */
export async function decrypt(folder: string, { identity }: AgeKey, yaml: string): Promise<string> {
  const [file, key] = [join(folder, 'encrypted.yaml'), join(folder, 'age.key')];
  await writeFile(file, yaml);
  await writeFile(key, identity, { mode: 0o600 });
  const env = { ...envOf(folder), SOPS_AGE_KEY_FILE: key };
  return (await run(await programPath('sops'), ['decrypt', file], { env })).stdout;
}

/** Runs `sops` on a file of a folder, with one key, where the folder is the working folder; answers what it printed. */
export async function runSops(
  folder: string,
  { identity }: AgeKey,
  args: readonly string[],
  editor = 'false',
): Promise<string> {
  const env = { ...envOf(folder), SOPS_AGE_KEY: identity, EDITOR: editor };
  return (await run(await programPath('sops'), args, { env, cwd: folder })).stdout;
}

/** Not our own home: a person's keys and rules must not be found. */
function envOf(folder: string): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', HOME: folder, SOPS_DISABLE_VERSION_CHECK: '1' };
}
