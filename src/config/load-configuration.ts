import { readFileSync } from 'node:fs';
import { type Document, LineCounter, parseDocument } from 'yaml';
import { ChatelaineError } from '../core/errors.ts';
import type { Grant } from '../core/permissions.ts';
import type { SecretSource } from './common-schema.ts';
import { Configuration } from './schema.ts';

/** A secret of the bot's own: read when it is needed, never part of an object that could be printed. */
export type ReadSecret = () => string;

export interface Loaded {
  readonly configuration: Configuration;
  readonly grants: readonly Grant[];
  readonly secret: (source: SecretSource) => ReadSecret;
}

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => string;
  /** For a command in a terminal, which needs none of the tokens until it uses them: they are not looked for. */
  readonly terminal?: boolean;
}

const usual: Surroundings = { env: process.env, readFile: (path) => readFileSync(path, 'utf8') };

/**
 * Reads and checks a configuration file. Throws config-invalid with all faults at once, each with its key and line;
 * secrets that are named are tried as well, so that a wrong path shows at start and not at the first use.
 */
export function loadConfiguration(path: string, surroundings: Partial<Surroundings> = {}): Loaded {
  const all = { ...usual, ...surroundings };
  return readConfiguration(readText(path, all), path, all);
}

/** The same for a text; `path` is for messages only. */
export function readConfiguration(text: string, path: string, surroundings: Surroundings = usual): Loaded {
  const { loaded, faults } = examineConfiguration(text, surroundings);
  if (loaded === undefined || faults.length > 0) throw invalid(path, faults);
  return loaded;
}

/** What a text holds, as far as it can be used, and all that is wrong with it. */
export interface Examined {
  /** Also where a secret that it names can't be read, or a grant names nobody: all else can be looked at then. */
  readonly loaded?: Loaded;
  /** One line each, with line and key. */
  readonly faults: readonly string[];
}

/** Reads a file that need not be right, to look at what it says. Throws config-invalid where there is no such file. */
export function examineFile(path: string, surroundings: Partial<Surroundings> = {}): Examined {
  const all = { ...usual, ...surroundings };
  return examineConfiguration(readText(path, all), all);
}

function examineConfiguration(text: string, surroundings: Surroundings): Examined {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [broken] = document.errors;
  if (broken !== undefined) {
    return { faults: [`line ${lines.linePos(broken.pos[0]).line}: it is not YAML (${broken.code})`] };
  }
  const plain = plainObject(document);
  if (plain === undefined) return { faults: ['an alias in it has no anchor, or there are too many of them'] };
  const say = (faults: readonly Fault[]): readonly string[] =>
    faults.map(({ key, wrong }) => `${lineOf(document, lines, key)}${formatKey(key)} ${wrong}`);
  const result = Configuration.safeParse(plain);
  if (!result.success) {
    return { faults: say(result.error.issues.map((issue) => ({ key: issue.path, wrong: wordsFor(issue) }))) };
  }
  const secrets = surroundings.terminal === true ? [] : secretFaults(result.data, surroundings);
  const loaded: Loaded = {
    configuration: result.data,
    grants: grantsOf(result.data),
    secret: (source) => () => readSecret(source, surroundings),
  };
  return { loaded, faults: say([...secrets, ...groupFaults(result.data), ...peopleFaults(result.data)]) };
}

interface Fault {
  readonly key: readonly PropertyKey[];
  /** What is wrong with it, never with what was found there: somebody may have put a secret where its name belongs. */
  readonly wrong: string;
}

/** Threat: aliases of aliases that grow without end. The library counts them and throws; then it is nothing. */
function plainObject(document: Document): unknown {
  try {
    return document.toJS() ?? {};
  } catch {
    return undefined;
  }
}

function readText(path: string, { readFile }: Surroundings): string {
  try {
    return readFile(path);
  } catch {
    throw new ChatelaineError({
      code: 'config-invalid',
      doing: `reading the configuration ${path}`,
      wrong: 'the file can’t be read',
      state: 'Chatelaine did not start.',
      next: 'Name the file with --config FILE or CHATELAINE_CONFIG; docs/configuration.md has an example.',
    });
  }
}

function invalid(path: string, faults: readonly string[]): ChatelaineError {
  return new ChatelaineError({
    code: 'config-invalid',
    doing: `reading the configuration ${path}`,
    wrong: `${faults.length} fault${faults.length === 1 ? '' : 's'}\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    state: 'Chatelaine did not start.',
    next: 'Every key is described in docs/configuration.md.',
  });
}

interface Issue {
  readonly code: string | undefined;
  readonly message: string;
  readonly keys?: readonly string[];
}

function wordsFor(issue: Issue): string {
  if (issue.code === 'unrecognized_keys')
    return `has unknown keys: ${(issue.keys ?? []).map(word).join(', ')}`;
  if (issue.code === 'invalid_key') return 'has a name that can’t be used: lower-case words joined by - can';
  return issue.message
    .replace(/^Invalid input: /, 'is wrong: ')
    .replace(/^Invalid option: /, 'is wrong: ')
    .replace(/^Too (?:small|big): /, 'is wrong: ')
    .replace(/, received .*$/, '');
}

function formatKey(path: readonly PropertyKey[]): string {
  const key = path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : `${text}${text === '' ? '' : '.'}${word(String(part))}`,
    '',
  );
  return key === '' ? 'the file' : key;
}

/** A key as the person wrote it, if it is a word and no secret that slipped a place to the left. */
function word(key: string): string {
  return /^[A-Za-z]{1,24}(?:-[A-Za-z]{1,24}){0,3}$/.test(key) ? key : '(a key that is no word)';
}

type Lines = Pick<LineCounter, 'linePos'>;

function lineOf(document: Document, lines: Lines, key: readonly PropertyKey[]): string {
  for (let length = key.length; length > 0; length -= 1) {
    const node = document.getIn(key.slice(0, length), true) as
      | { readonly range?: readonly [number, number, number] | null }
      | undefined;
    if (node?.range != null) return `line ${lines.linePos(node.range[0]).line}: `;
  }
  return '';
}

function secretFaults(configuration: Configuration, surroundings: Surroundings): readonly Fault[] {
  return secretsOf(configuration).flatMap(([key, source]) => {
    if (source === undefined) return [];
    const what = 'env' in source ? 'names a variable that' : 'names a file that';
    try {
      return readSecret(source, surroundings) === '' ? [{ key, wrong: `${what} is empty` }] : [];
    } catch {
      return [{ key, wrong: `${what} can’t be read` }];
    }
  });
}

type NamedSecret = readonly [key: readonly PropertyKey[], source: SecretSource | undefined];

/** Every secret of the bot's own that a configuration names, with its key. */
function secretsOf({ slack, git }: Configuration): readonly NamedSecret[] {
  return [
    [['slack', 'botToken'], slack?.botToken],
    [['slack', 'appToken'], slack?.mode === 'socket' ? slack.appToken : undefined],
    [['slack', 'signingSecret'], slack?.mode === 'http' ? slack.signingSecret : undefined],
    ...(git === undefined ? [] : [gitSecret(git.auth)]),
  ];
}

function gitSecret(auth: NonNullable<Configuration['git']>['auth']): NamedSecret {
  return 'token' in auth
    ? [['git', 'auth', 'token'], auth.token]
    : [['git', 'auth', 'app', 'privateKey'], auth.app.privateKey];
}

function readSecret(source: SecretSource, { env, readFile }: Surroundings): string {
  return ('env' in source ? (env[source.env] ?? '') : readFile(source.file)).trim();
}

const bareActor = /^(?:[UW][A-Z0-9]{2,20}|\*|terminal)$/;

function groupFaults({ grants, groups }: Configuration): readonly Fault[] {
  return grants.flatMap(({ to }, index) =>
    to.flatMap((name, at) =>
      bareActor.test(name) || Object.hasOwn(groups, name)
        ? []
        : [
            {
              key: ['grants', index, 'to', at],
              wrong: 'is neither a group of this file nor a user id (U…), * or terminal',
            },
          ],
    ),
  );
}

const person = /^[UW][A-Z0-9]{2,20}$/;

function peopleFaults({ alerts, recovery, groups }: Configuration): readonly Fault[] {
  const named: readonly (readonly [readonly string[], readonly string[] | undefined])[] = [
    [['alerts', 'mention'], alerts?.mention],
    [['recovery', 'shareHolders'], recovery?.shareHolders],
  ];
  return named.flatMap(([key, names = []]) =>
    names.flatMap((name, at) =>
      person.test(name) || Object.hasOwn(groups, name)
        ? []
        : [{ key: [...key, at], wrong: 'is neither a group of this file nor a user id (U…)' }],
    ),
  );
}

/** Whom an emergency calls, by user id. */
export function mentionedIn({ alerts, groups }: Configuration): readonly string[] {
  return peopleIn(alerts?.mention ?? [], groups);
}

/** Who holds a share, by user id. */
export function shareHoldersIn({ recovery, groups }: Configuration): readonly string[] {
  return peopleIn(recovery?.shareHolders ?? [], groups);
}

/** Milliseconds that the last good snapshot may be old. */
export function maxSnapshotAge({ recovery }: Configuration): number {
  return (recovery?.snapshots.maxAgeHours ?? 13) * 3_600_000;
}

function peopleIn(names: readonly string[], groups: Configuration['groups']): readonly string[] {
  const ids = names.flatMap((name) => (Object.hasOwn(groups, name) ? (groups[name] ?? []) : [name]));
  return [...new Set(ids)].filter((id) => person.test(id));
}

function grantsOf({ grants, groups }: Configuration): readonly Grant[] {
  return grants.map(({ to, may, namespaces, paths }, index) => ({
    key: `grants[${index}]`,
    to: to.map((name) => (Object.hasOwn(groups, name) ? `@${name}` : name)),
    actors: new Set(to.flatMap((name) => (Object.hasOwn(groups, name) ? (groups[name] ?? []) : [name]))),
    may: new Set(may),
    namespaces,
    paths,
  }));
}
