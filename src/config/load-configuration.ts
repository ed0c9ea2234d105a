import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import { ChatelaineError } from '../core/errors.ts';
import type { Grant } from '../core/permissions.ts';
import { Configuration, type SecretSource } from './schema.ts';

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
}

const usual: Surroundings = { env: process.env, readFile: (path) => readFileSync(path, 'utf8') };

/**
 * Reads and checks a configuration file. Throws config-invalid with all faults at once, each with its key and line;
 * secrets that are named are tried as well, so that a wrong path shows at start and not at the first use.
 */
export function loadConfiguration(path: string, surroundings: Surroundings = usual): Loaded {
  return readConfiguration(readText(path, surroundings), path, surroundings);
}

/** The same for a text; `path` is for messages only. */
export function readConfiguration(text: string, path: string, surroundings: Surroundings = usual): Loaded {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [broken] = document.errors;
  if (broken !== undefined) {
    throw invalid(path, [`line ${lines.linePos(broken.pos[0]).line}: it is not YAML (${broken.code})`]);
  }
  const result = Configuration.safeParse(document.toJS() ?? {});
  if (!result.success) {
    throw invalid(
      path,
      result.error.issues.map((issue) => {
        const key = issue.path.map(String);
        return `${lineOf(document, lines, key)}${formatKey(issue.path)} ${wordsFor(issue)}`;
      }),
    );
  }
  const faults = [...secretFaults(result.data, surroundings), ...groupFaults(result.data)];
  if (faults.length > 0) throw invalid(path, faults);
  return {
    configuration: result.data,
    grants: grantsOf(result.data),
    secret: (source) => () => readSecret(source, surroundings),
  };
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
  readonly input?: unknown;
}

/** Never with what was found there: somebody may have put a secret where its name belongs. */
function wordsFor(issue: Issue): string {
  if (issue.code === 'unrecognized_keys') return `has unknown keys: ${(issue.keys ?? []).join(', ')}`;
  return issue.message.replace(/^Invalid input: /, 'is wrong: ').replace(/, received .*$/, '');
}

function formatKey(path: readonly PropertyKey[]): string {
  const key = path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : `${text}${text === '' ? '' : '.'}${String(part)}`),
    '',
  );
  return key === '' ? 'the file' : key;
}

function lineOf(document: ReturnType<typeof parseDocument>, lines: LineCounter, key: readonly string[]): string {
  for (let length = key.length; length > 0; length -= 1) {
    const node = document.getIn(
      key.slice(0, length).map((part) => (/^\d+$/.test(part) ? Number(part) : part)),
      true,
    ) as { readonly range?: readonly [number, number, number] | null } | undefined;
    if (node?.range != null) return `line ${lines.linePos(node.range[0]).line}: `;
  }
  return '';
}

function secretFaults({ slack }: Configuration, surroundings: Surroundings): readonly string[] {
  const named: readonly (readonly [string, SecretSource | undefined])[] = [
    ['slack.botToken', slack?.botToken],
    ['slack.appToken', slack?.mode === 'socket' ? slack.appToken : undefined],
    ['slack.signingSecret', slack?.mode === 'http' ? slack.signingSecret : undefined],
  ];
  return named.flatMap(([key, source]) => {
    if (source === undefined) return [];
    try {
      return readSecret(source, surroundings) === '' ? [`${key}: ${describeSource(source)} is empty`] : [];
    } catch {
      return [`${key}: ${describeSource(source)} can’t be read`];
    }
  });
}

function describeSource(source: SecretSource): string {
  return 'env' in source ? `the variable ${source.env}` : `the file ${source.file}`;
}

function readSecret(source: SecretSource, { env, readFile }: Surroundings): string {
  return ('env' in source ? (env[source.env] ?? '') : readFile(source.file)).trim();
}

const bareActor = /^(?:[UW][A-Z0-9]{2,20}|\*|terminal)$/;

function groupFaults({ grants, groups }: Configuration): readonly string[] {
  return grants.flatMap(({ to }, index) =>
    to
      .filter((name) => !bareActor.test(name) && groups[name] === undefined)
      .map((name) => `grants[${index}].to names ${name}, which is neither a group of this file nor a user id`),
  );
}

function grantsOf({ grants, groups }: Configuration): readonly Grant[] {
  return grants.map(({ to, may, namespaces, paths }, index) => ({
    key: `grants[${index}]`,
    to: to.map((name) => (groups[name] === undefined ? name : `@${name}`)),
    actors: new Set(to.flatMap((name) => groups[name] ?? [name])),
    may: new Set(may),
    namespaces,
    paths,
  }));
}
