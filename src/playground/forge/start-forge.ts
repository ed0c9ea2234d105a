import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type StandInOptions, startHttpStandIn } from '../http-stand-in.ts';
import { BareRepository } from './bare-repository.ts';
import type {
  ForgeFaults,
  ForgeHook,
  ForgePull,
  ForgeState,
  ForgeStatus,
  ForgeToken,
} from './forge-state.ts';
import { type ForgePerson, personOn } from './people.ts';
import { type ForgeSeed, forgeSeed } from './seed.ts';
import { serveForge } from './serve-forge.ts';

export interface ForgeStandInOptions extends Omit<StandInOptions, 'faults'> {
  readonly seed?: ForgeSeed;
  readonly now?: () => number;
}

/** A GitHub-shaped forge with one repository, which is a real bare one on disk. */
export interface ForgeStandIn {
  /** As git.address names it: the API is below `/api/v3`, as on an Enterprise Server. */
  readonly url: string;
  readonly repository: string;
  /** The bare repository on disk. */
  readonly folder: string;
  readonly faults: ForgeFaults;
  /** The bot's token, and the key of its app. */
  readonly botToken: string;
  readonly app: { readonly id: string; readonly installation: string; readonly privateKey: () => string };
  /** A token of any account, for tests. */
  issueToken(token: ForgeToken): string;
  /** Ends every token that was given out by the app, before its time. */
  expireInstallationTokens(): void;
  /** What somebody does on the pages of the forge. */
  as(login: string): ForgePerson;
  /** Proposals, newest first. */
  pulls(): readonly ForgePull[];
  /** Of a commit, oldest first. */
  statusesOf(commit: string): readonly ForgeStatus[];
  /** What a proposal changes, as `git diff` writes it; of one that was merged, what it changed. */
  diff(number: number): Promise<string>;
  /** Checks without which nothing is merged; change it as an administrator would. */
  readonly required: Set<string>;
  /** Its webhooks; nothing is delivered by itself. */
  readonly hooks: ForgeHook[];
  /** A commit and all files in it, for whoever runs a cluster from this. Throws where there is no such branch. */
  tree(ref: string): Promise<{ readonly revision: string; readonly files: ReadonlyMap<string, string> }>;
  /** Calls back after each change that people see; answers how to stop. */
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

const appId = '7001';
const installation = '7002';

/** Starts it on loopback. Needs the program `git` on the PATH. */
export async function startForge(options: ForgeStandInOptions = {}): Promise<ForgeStandIn> {
  const { seed = forgeSeed, now = Date.now, ...common } = options;
  const folder = await mkdtemp(join(tmpdir(), 'chatelaine-forge-'));
  const git = new BareRepository(join(folder, 'cluster.git'), now);
  await git.init();
  await plant(git, seed);
  const listeners = new Set<() => void>();
  const keys = appKeys();
  let last = 0;
  const state: ForgeState = {
    repository: seed.repository,
    git,
    tokens: new Map([[seed.bot.token, { login: seed.bot.login, role: 'write', writes: botWrites() }]]),
    pulls: new Map(),
    statuses: new Map(),
    faults: faultsOf(),
    required: new Set(seed.required),
    hooks: [],
    app: { slug: 'chatelaine', id: appId, installation, publicKey: () => keys().publicKey },
    now,
    next: () => ++last,
    changed: () => listeners.forEach((listener) => listener()),
  };
  const http = await startHttpStandIn('forge', (received) => serveForge(state, received), {
    ...common,
    faults: state.faults,
  });
  return {
    url: http.url,
    repository: state.repository,
    folder: git.folder,
    faults: state.faults,
    botToken: seed.bot.token,
    app: { id: appId, installation, privateKey: () => keys().privateKey },
    required: state.required,
    hooks: state.hooks,
    issueToken(token) {
      const text = `ghp_playground_${state.next()}`;
      state.tokens.set(text, token);
      return text;
    },
    expireInstallationTokens() {
      for (const token of state.tokens.keys()) if (token.startsWith('ghs_')) state.tokens.delete(token);
    },
    as: (login) => personOn(state, login),
    pulls: () => [...state.pulls.values()].toReversed(),
    statusesOf: (commit) => state.statuses.get(commit) ?? [],
    async diff(number) {
      const pull = state.pulls.get(number);
      const onto = pull?.merged?.onto ?? (await git.resolve(pull?.base ?? 'main'));
      return pull === undefined || onto === undefined ? '' : git.diff(onto, pull.head);
    },
    async tree(ref) {
      const revision = await git.resolve(ref);
      if (revision === undefined) throw new Error(`the forge has no ${ref}`);
      return { revision, files: await git.files(revision) };
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      await http.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Made when they are first asked for: it takes a while, and most worlds have no app. */
function appKeys(): () => { readonly publicKey: string; readonly privateKey: string } {
  let made: { readonly publicKey: string; readonly privateKey: string } | undefined;
  return () => {
    made ??= generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    return made;
  };
}

function botWrites(): ForgeToken['writes'] {
  return new Set(['contents', 'pull_requests', 'statuses', 'issues']);
}

function faultsOf(): ForgeFaults {
  return {
    slow: 0,
    down: false,
    archived: false,
    lacks: new Set(),
    limitedUntil: 0,
    loseAnswer: 0,
    noDrafts: false,
    mostEntries: 100_000,
  };
}

async function plant(git: BareRepository, { files, author }: ForgeSeed): Promise<void> {
  const tree = await git.makeTree(
    undefined,
    Object.entries(files).map(([path, text]) => ({ path, text })),
  );
  const message = 'Begin the cluster\n';
  const commit =
    tree === undefined ? undefined : await git.makeCommit({ tree, parents: [], message, author });
  if (commit === undefined || !(await git.moveBranch('main', commit, undefined))) {
    throw new Error('the forge could not be given its files: is git 2.38 or newer installed?');
  }
}
