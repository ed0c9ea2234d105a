import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../servers/until.ts';

/* `npm run playground -- --real` as a person starts it: a process of its own, seen from outside only. */

const run = promisify(execFile);

let folder: string;
let child: ChildProcess | undefined;
const said = { out: '', err: '' };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chatelaine-test-'));
  Object.assign(said, { out: '', err: '' });
});

afterEach(async () => {
  if (child?.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  await nothingIsLeft();
  await rm(folder, { recursive: true });
});

function play(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  child = spawn(process.execPath, ['src/playground/main.ts', '--real', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // The servers' folder is made below it, which tells them from those of others.
    env: { ...process.env, TMPDIR: folder, ...env },
  });
  child.stdout?.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
  return child;
}

/** The programs that run in the folder or name it. */
async function running(): Promise<readonly string[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,args=']);
  const all = await Promise.all(
    stdout.split('\n').map(async (line) => {
      // Where the system has no /proc, those that name the folder have to do.
      const place = await readlink(`/proc/${line.trim().split(' ')[0]}/cwd`).catch(() => '');
      return line.includes(folder) || place.startsWith(folder) ? [line] : [];
    }),
  );
  return all.flat();
}

async function nothingIsLeft(): Promise<void> {
  const isEmpty = async (): Promise<boolean> => (await readdir(folder)).length === 0;
  await until(async () => (await running()).length === 0 && (await isEmpty()), {
    what: 'every server and its folder to be gone',
  });
}

describe('the playground on real servers', () => {
  test('rotates to the proof, has a new secret approved and merged, and leaves nothing behind', async () => {
    const rotation = ['--say', '/secret rotate media/jellyfin api-key'];
    const proposal = ['--say', '/secret new media/jellyseerr api-key --category application'];
    const ended = once(play([...rotation, ...proposal, '--git', 'approve', '--git', 'merge']), 'close');
    const [code] = await ended;
    expect(code, said.out + said.err).toBe(0);
    expect(said.out).toContain(
      '✓ api-key of media/jellyfin: v8 is live in 2 ExternalSecrets, 1 of 1 workloads restarted',
    );
    expect(said.out).toContain('✓ home/homarr Ready with v8');
    expect(said.out).toMatch(
      /✓ api-key of media\/jellyseerr is live: merged as [0-9a-f]{7}, seen in the cluster/,
    );
    expect(said.out).toMatch(/✓ Flux applied [0-9a-f]{7} \(media\/jellyseerr\)/);
    expect(said.out).toContain('✓ media/jellyseerr Ready with v1');
    // Conversation and progress go two ways: what is said can be piped.
    expect(said.out).not.toContain('Starting');
    expect(said.err).toContain('Starting OpenBao');
    expect(await running()).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
  });

  test('shows what is there without a look at any value, and nothing outlives it when it is killed', async () => {
    play(['--port', '0']);
    const address = await until(async () => /http:\/\/127\.0\.0\.1:\d+/.exec(said.out)?.[0], {
      what: 'the page to be served',
      deadlineMs: 90_000,
      check: () => expect(child?.exitCode, said.err).toBe(null),
    });
    const page = await Page.open(address);
    await page.shows('external-secrets', 'media/jellyfin', 'Ready');
    await page.shows('external-secrets', 'home/mealie', 'SecretSyncedError');
    await page.shows('secrets', 'media/jellyfin', 'v7');
    await page.shows('workloads', 'Deployment/media/jellyfin', '1 ready');
    await page.shows('workloads', 'DaemonSet/network/cloudflared', '1 ready');
    await page.shows('replicas', 'vault-1', 'standby');
    await page.act('run', { panel: 'replicas', row: 'vault-1', action: 'seal' });
    await page.shows('replicas', 'vault-1', 'sealed');
    await page.act('switch', { id: 'kubernetes-policy', on: true });
    await page.act('switch', { id: 'kubernetes-policy', on: false });
    await page.showsNoPull();
    expect(await readersOfValues()).toEqual(['kubernetes-external-secrets-external-secrets']);
    // etcd, the API server, its controllers, three replicas, External Secrets, Flux, cert-manager, Gitea, and the guard.
    expect((await running()).length).toBeGreaterThanOrEqual(11);
    child?.kill('SIGKILL');
    await nothingIsLeft();
  });

  test('says what to install where nothing is built and there is no Go', async () => {
    const nowhere = { PATH: dirname(process.execPath), XDG_CACHE_HOME: join(folder, 'cache') };
    const [code] = await once(play(['--say', '/vault status'], nowhere), 'close');
    expect(code).toBe(2);
    expect(said.err).toContain('Install Go');
    expect(said.out).toBe('');
    await rm(nowhere.XDG_CACHE_HOME, { recursive: true, force: true });
  });
});

/** Who read values, by the audit records of the replica that was the active one. */
async function readersOfValues(): Promise<readonly string[]> {
  const [servers = ''] = await readdir(folder);
  const log = await readFile(join(folder, servers, 'vault-0.log'), 'utf8');
  const records = log
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .filter(({ request }) => request?.operation === 'read' && request.path.startsWith('kv/data/'));
  return [...new Set<string>(records.map(({ auth }) => auth.display_name))];
}

interface Row {
  readonly id: string;
  readonly badge?: { readonly text: string };
}

interface Shown {
  readonly panels: readonly { readonly id: string; readonly rows: readonly Row[] }[];
}

/** The page as its own script uses it. */
class Page {
  readonly #address: string;
  readonly #token: string;
  #shown: Shown = { panels: [] };
  #pulls: unknown;

  static async open(address: string): Promise<Page> {
    const html = await (await fetch(address)).text();
    const page = new Page(address, /name="playground-token" content="([^"]+)"/.exec(html)?.[1] ?? '');
    const events = await fetch(`${address}/events?user=U0ADA0001`);
    void page.#follow(events).catch(() => undefined);
    return page;
  }

  private constructor(address: string, token: string) {
    this.#address = address;
    this.#token = token;
  }

  async act(name: string, body: object): Promise<void> {
    const answer = await fetch(`${this.#address}/do/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-playground-token': this.#token },
      body: JSON.stringify(body),
    });
    expect(answer.status, await answer.text()).toBe(200);
  }

  async shows(panel: string, id: string, badge: string): Promise<void> {
    const look = async (): Promise<boolean> => {
      const rows = this.#shown.panels.find((each) => each.id === panel)?.rows ?? [];
      return rows.find((row) => row.id === id)?.badge?.text === badge;
    };
    await until(look, { what: `${panel} to show ${id} as ${badge}` });
  }

  /** The Git host is there, and nothing was proposed yet. */
  async showsNoPull(): Promise<void> {
    await until(async () => this.#pulls !== undefined, { what: 'the Git host to be shown' });
    expect(this.#pulls).toEqual({ pulls: [], accounts: ['robin', 'ada', 'sam'] });
  }

  async #follow({ body }: Response): Promise<void> {
    let text = '';
    for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        const [, name, data = ''] = /^event: (\w+)\ndata: (.*)$/s.exec(event) ?? [];
        if (name === 'panels') this.#shown = JSON.parse(data);
        if (name === 'pulls') this.#pulls = JSON.parse(data);
      }
    }
  }
}
