import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PropertyName, VaultPath } from '../../src/core/names.ts';
import { commandByHand, firstByHand } from '../../src/operations/set/command-by-hand.ts';

/* The commands that cards show, run by the shell that people have, with a program that tells what it is given. */

const told = `#!/bin/bash
for each in "$@"; do
  case $each in
    *=@*) printf '%s is [%s]\\n' "\${each%%=*}" "$(cat "\${each#*=@}")" ;;
    *=-) printf '%s is [%s]\\n' "\${each%%=*}" "$(cat)" ;;
    *) printf '%s\\n' "$each" ;;
  esac
done
`;
const where = { mount: 'kv', path: VaultPath.parse('home/paperless'), before: 7 };
const named = (...names: readonly string[]): readonly PropertyName[] =>
  names.map((name) => PropertyName.parse(name));

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chatelaine-typed-'));
  await writeFile(join(folder, 'bao'), told);
  await chmod(join(folder, 'bao'), 0o755);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What the command says, where a person types these lines. */
function typing(command: string, lines: readonly string[]): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const shell = execFile(
      'bash',
      ['-c', command],
      { env: { PATH: `${folder}:/usr/bin:/bin` } },
      (error, stdout) => (error === null ? resolve(stdout.trim().split('\n')) : reject(error)),
    );
    shell.stdin?.end(`${lines.join('\n')}\n`);
  });
}

describe('a command that a person types', () => {
  test('gives one value by standard input, as it is', async () => {
    const value = `  a 'b' "c" $d \\e @f `;
    expect(await typing(commandByHand(where, named('smtp')), [value])).toEqual([
      'kv',
      'patch',
      '-cas=7',
      '-mount=kv',
      'home/paperless',
      `smtp is [${value}]`,
    ]);
  });

  test('asks for several by their names, and gives each by a pipe of its own', async () => {
    const values = [' one $x', `{"two": '\\n'}`, '-'];
    const said = await typing(firstByHand(where, named('smtp', '.env', 'tls.crt')), values);
    expect(said).toEqual([
      'smtp: ',
      '.env: ',
      'tls.crt: ',
      'kv',
      'put',
      '-cas=0',
      '-mount=kv',
      'home/paperless',
      `smtp is [${values[0]}]`,
      `.env is [${values[1]}]`,
      'tls.crt is [-]',
    ]);
  });

  test('is run only when all were given', async () => {
    await expect(typing(commandByHand(where, named('a', 'b')), ['only one'])).rejects.toThrow();
  });
});
