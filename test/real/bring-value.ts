import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { FormData, fetch } from 'undici';
import type { RealCluster } from '../servers/cluster.ts';
import { programPath } from '../servers/locate.ts';

const run = promisify(execFile);

/** What the one-time page said: as it was opened, and when the value was given. */
export interface PageSaid {
  readonly opened: string;
  readonly given: string;
}

/** The link to the one-time page in what somebody was shown. */
export function pageLinkIn(text: string): string {
  const url = /http:\/\/127\.0\.0\.1:\d+\/value\/[\w-]{43}/.exec(text)?.[0];
  if (url === undefined) throw new Error(`no link in: ${text}`);
  return url;
}

/** Sends the form of the page as a browser does. */
export async function bringByPage(url: string, value: string): Promise<PageSaid> {
  const opened = await (await fetch(url)).text();
  const form = new FormData();
  form.set('token', url.slice(-43));
  form.set('line-0', value);
  const headers = { 'sec-fetch-site': 'same-origin' };
  const answer = await fetch(new URL('/value', url), { method: 'POST', body: form, headers });
  return { opened, given: await answer.text() };
}

/** Types the command that a card has, and each value when it is asked for, where a person is logged in to Vault. */
export async function bringByHand(
  { vault, folder }: Pick<RealCluster, 'vault' | 'folder'>,
  card: string,
  values: readonly string[],
): Promise<void> {
  const command = /\((?:IFS=|printf) .*\)/.exec(card)?.[0];
  if (command === undefined) throw new Error(`no command in: ${card}`);
  const env = { BAO: await programPath('bao'), BAO_ADDR: vault.address, BAO_TOKEN: vault.rootToken };
  const typed = `bao() { "$BAO" "$@"; }\n${command}`;
  const shell = run('bash', ['-c', typed], { env: { ...env, HOME: folder } });
  shell.child.stdin?.end(`${values.join('\n')}\n`);
  await shell;
}
