import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fetch } from 'undici';
import type { Answer } from './api.ts';
import { git } from './bare-repository.ts';
import { freePorts } from './free-ports.ts';
import { filesOf, programPath } from './locate.ts';
import type { Processes } from './processes.ts';
import { until } from './until.ts';

const run = promisify(execFile);

/** An account of the forge, and calls under its token. */
export interface ForgeAccount {
  readonly name: string;
  readonly token: string;
  /** Calls its API, `repos/…`: every status is an answer. */
  call(method: string, path: string, body?: unknown): Promise<Answer>;
  /** The answer's body. Throws, with what the forge said, when the status is not 2xx. */
  need(method: string, path: string, body?: unknown): Promise<Answer['body']>;
}

/** A repository on the forge. */
export interface ForgeRepository {
  /** `owner/name`. */
  readonly path: string;
  /** As people clone it, and as a GitRepository names it. */
  readonly url: string;
  /** The bare repository that the forge itself keeps on disk. */
  readonly folder: string;
}

/** A Gitea with three accounts, and those that join. */
export interface Gitea {
  readonly address: string;
  /** Owns the repositories. */
  readonly admin: ForgeAccount;
  /** The bot's own account: no right anywhere until a test gives it one. */
  readonly bot: ForgeAccount;
  /** A second person: likewise. */
  readonly reviewer: ForgeAccount;
  /** Makes another account: likewise. */
  join(name: string): Promise<ForgeAccount>;
  /** Another token of an account, with these scopes only, such as `read:repository`. */
  narrow(account: ForgeAccount, scopes: readonly string[]): Promise<ForgeAccount>;
  /** Makes a private repository of the administrator's with all that a bare one holds. */
  push(name: string, bareRepository: string): Promise<ForgeRepository>;
}

interface Person {
  readonly name: string;
  readonly password: string;
}

/** Starts Gitea with SQLite; answers when the accounts are there. */
export async function startGitea(processes: Processes): Promise<Gitea> {
  const [port = 0] = await freePorts(1);
  const address = `http://127.0.0.1:${port}`;
  const folder = join(processes.folder, 'gitea');
  await mkdir(folder);
  const config = join(folder, 'app.ini');
  await writeFile(config, configurationOf({ folder, port }), { mode: 0o600 });
  const program = await programPath('gitea');
  const env = { HOME: folder, GIT_CONFIG_NOSYSTEM: '1' };
  const server = processes.start({ name: 'gitea', program, args: ['web', `--config=${config}`], env });
  const isUp = async (): Promise<boolean> => (await fetch(`${address}/api/healthz`)).ok;
  await until(isUp, { what: 'Gitea to be up', deadlineMs: 60_000, check: server.check });

  const passwords = new Map<string, string>();
  const personOf = (name: string): Person => {
    const password = passwords.get(name) ?? randomBytes(12).toString('hex');
    passwords.set(name, password);
    return { name, password };
  };
  const owner = personOf('owner');
  const create = ['admin', 'user', 'create', `--config=${config}`, '--admin', '--must-change-password=false'];
  const who = [`--username=${owner.name}`, `--password=${owner.password}`, `--email=owner@example.org`];
  await run(program, [...create, ...who], { env: { PATH: process.env['PATH'] ?? '', ...env } });
  const admin = await logIn(address, owner, ['all']);
  const register = async (name: string): Promise<ForgeAccount> => {
    const { password } = personOf(name);
    const person = { username: name, email: `${name}@example.org`, password, must_change_password: false };
    await admin.need('POST', 'admin/users', person);
    return logIn(address, personOf(name), ['all']);
  };
  const [bot, reviewer] = await Promise.all([register('chatelaine'), register('reviewer')]);
  return {
    address,
    admin,
    bot,
    reviewer,
    join: register,
    narrow: ({ name }, scopes) => logIn(address, personOf(name), scopes),
    async push(name, bareRepository) {
      await admin.need('POST', 'user/repos', { name, private: true, default_branch: 'main' });
      const path = `${admin.name}/${name}`;
      const url = `${address}/${path}.git`;
      await git(
        ['--git-dir', bareRepository, 'push', '--quiet', '--mirror', url],
        '',
        withToken(admin.token),
      );
      // It takes note of a push some moments after it took it; until then it calls the repository empty.
      const isNoted = async (): Promise<boolean> =>
        (await admin.need('GET', `repos/${path}`)).empty === false;
      await until(isNoted, { what: `${path} to be more than empty`, check: server.check });
      const kept = join(folder, 'repositories', `${path}.git`);
      // Starting itself for each ref, only to keep people off refs/pull, is a third of the time of a push.
      await rm(join(kept, 'hooks', 'update.d', 'gitea'));
      return { path, url, folder: kept };
    },
  };
}

function configurationOf({ folder, port }: { folder: string; port: number }): string {
  return `
RUN_MODE = prod
RUN_USER = ${userInfo().username}
WORK_PATH = ${folder}
; Needed where the tests run as root, as they do in a container; without a meaning elsewhere.
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = ${port}
ROOT_URL = http://127.0.0.1:${port}/
STATIC_ROOT_PATH = ${filesOf('gitea')}
DISABLE_SSH = true
OFFLINE_MODE = true
[repository]
ROOT = ${join(folder, 'repositories')}
[database]
DB_TYPE = sqlite3
PATH = ${join(folder, 'gitea.db')}
[security]
INSTALL_LOCK = true
; Each call with a password hashes it: here it guards nothing.
PASSWORD_HASH_ALGO = pbkdf2$1$50
[service]
DISABLE_REGISTRATION = true
[session]
PROVIDER = memory
[indexer]
ISSUE_INDEXER_TYPE = db
[queue]
; Its queues on disk are looked at once a second or so.
TYPE = channel
[webhook]
ALLOWED_HOST_LIST = loopback
[actions]
ENABLED = false
[packages]
ENABLED = false
[log]
MODE = console
LEVEL = Warn
`;
}

async function logIn(address: string, person: Person, scopes: readonly string[]): Promise<ForgeAccount> {
  const { name, password } = person;
  const basic = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
  const body = { name: `test-${randomBytes(4).toString('hex')}`, scopes };
  const made = await caller(address, basic)('POST', `users/${name}/tokens`, body);
  if (made.status !== 201) throw new Error(`making a token of ${name}: ${made.status} ${made.body?.message}`);
  const token: string = made.body.sha1;
  const call = caller(address, `token ${token}`);
  return {
    name,
    token,
    call,
    async need(method, path, sent) {
      const { status, body: got } = await call(method, path, sent);
      if (status >= 200 && status < 300) return got;
      throw new Error(`${method} ${path} as ${name}: ${status} ${got?.message ?? String(got)}`);
    },
  };
}

function caller(address: string, authorization: string): ForgeAccount['call'] {
  return async (method, path, body) => {
    const answer = await fetch(`${address}/api/v1/${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.includes('json') ?? false;
    return { status: answer.status, body: text === '' ? undefined : isJson ? JSON.parse(text) : text };
  };
}

/** An environment in which git speaks for an account: not in the URL or an argument, where the process list shows it. */
export function withToken(token: string): Record<string, string> {
  return {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'http.extraHeader',
    GIT_CONFIG_VALUE_0: `Authorization: token ${token}`,
  };
}
