import type { Source } from './read-source.ts';

/** A rule of the structure: what is wrong with a file, one line each; nothing where all is well. */
export type Rule = (source: Source) => readonly string[];

/** Folders whose files import what is listed for them of our own, and nothing else. Arrows point one way. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  'src/core': ['src/core'],
  'src/operations': ['src/core', 'src/operations'],
  'src/vault': ['src/core', 'src/vault'],
  'src/kubernetes': ['src/core', 'src/kubernetes'],
  'src/git': ['src/core', 'src/git'],
  'src/slack': ['src/core', 'src/slack'],
  'src/terminal': ['src/core', 'src/terminal'],
  'src/web': ['src/core', 'src/web'],
  'src/watch': ['src/core', 'src/watch'],
  'src/config': ['src/core', 'src/config'],
  'src/gitops': ['src/core', 'src/gitops'],
  'src/sops': ['src/core', 'src/sops'],
  'src/playground': ['src/core', 'src/playground'],
  commands: ['src/core', 'src/operations', 'commands'],
  'src/cli.ts': ['src/core', 'src/terminal'],
  'src/logging.ts': ['src/core'],
  'src/version.ts': [],
  'src/keep-small.ts': [],
};

const adapters = ['src/vault', 'src/kubernetes', 'src/git', 'src/slack', 'src/sops'];
const parts = [
  ...adapters,
  'src/core',
  'src/operations',
  'src/terminal',
  'src/web',
  'src/watch',
  'src/config',
  'src/gitops',
  'commands',
];
const roots = [
  'src/main.ts',
  'src/start.ts',
  'src/connect.ts',
  'src/inspectors.ts',
  'src/watch-with.ts',
  'src/receive-webhooks.ts',
  'src/run-doctor.ts',
  'src/cli.ts',
  'src/logging.ts',
  'src/version.ts',
  'src/keep-small.ts',
];

/** Composition roots: they put the parts together, and are all that may know more than one of them. */
const composers: Readonly<Record<string, readonly string[]>> = {
  'src/main.ts': [...parts, ...roots],
  'src/start.ts': [...parts, ...roots],
  'src/connect.ts': [...parts, ...roots],
  'src/inspectors.ts': [...parts, ...roots],
  'src/watch-with.ts': [...parts, ...roots],
  'src/receive-webhooks.ts': [...parts, ...roots],
  'src/run-doctor.ts': [...parts, ...roots],
  'src/playground/main.ts': ['src/core', 'src/config', 'src/playground', ...roots],
  // Real servers are built and started by the tests' own code, which the product must not ship. Only the playground
  // with --real starts them as well, from this one file, and loads them when it is asked to.
  'src/playground/start-servers.ts': ['src/playground', 'test/servers'],
};

function isIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** A file that is in no known folder is a fault as well: a new part is given its arrows here first. */
export const pointsOneWay: Rule = ({ path, imports }) => {
  const folder = Object.keys(arrows).find((each) => isIn(path, each));
  const allowed = composers[path] ?? (folder === undefined ? undefined : arrows[folder]);
  if (allowed === undefined) return [`${path} is in no part that has its arrows in test/structure/rules.ts`];
  return imports
    .filter((each) => /\.(?:ts|json|js)$/.test(each) && !allowed.some((part) => isIn(each, part)))
    .map((each) => `${path} may not import ${each}`);
};

/** Libraries that speak to the outside, and the one part that may know each of them. */
const packages: Readonly<Record<string, readonly string[]>> = {
  '@slack/': ['src/slack'],
  'node-vault': ['src/vault'],
  '@kubernetes/client-node': ['src/kubernetes'],
  'age-encryption': ['src/sops'],
  pino: ['src/logging.ts'],
  undici: ['src/vault', 'src/kubernetes', 'src/git', 'src/slack'],
  ws: ['src/playground'],
};

const withoutInputAndOutput = ['src/core', 'src/operations', 'src/gitops', 'commands'];
const harmless = ['node:crypto', 'node:path/posix', 'node:util', 'node:zlib'];

/** The domain does no input or output, and each protocol has one place. */
export const importsPackagesInTheirPlace: Rule = ({ path, imports }) => {
  const misplaced = imports.filter((each) =>
    Object.entries(packages).some(
      ([name, places]) =>
        (each === name || each.startsWith(name.endsWith('/') ? name : `${name}/`)) &&
        !places.some((place) => isIn(path, place)),
    ),
  );
  const outside = withoutInputAndOutput.some((part) => isIn(path, part))
    ? imports.filter((each) => each.startsWith('node:') && !harmless.includes(each))
    : [];
  return [...misplaced, ...outside].map((each) => `${path} may not import ${each}`);
};

const rooms = [
  'src/core/secret-value.ts',
  'src/core/generate.ts',
  'src/vault/write-values.ts',
  'src/sops/write-secret.ts',
];

/** The rooms in which a value may be opened. Stand-ins have none to open: another rule holds that. */
export const opensValues: Rule = ({ path, code }) => {
  if (rooms.includes(path) || isIn(path, 'src/playground')) return [];
  const opens = /\.\s*open\s*\(|\[\s*['"`]open['"`]\s*\]/.test(code);
  return opens ? [`${path} opens something: values are opened in three rooms only`] : [];
};

/** Stand-ins get what the protocols carry; they have no business with the type that holds a value. */
export const standInsHoldNoSecretValue: Rule = ({ path, imports }) =>
  isIn(path, 'src/playground') && imports.includes('src/core/secret-value.ts')
    ? [`${path} may not import src/core/secret-value.ts`]
    : [];

/** Surroundings are read where the program begins, and passed on from there. */
export const readsNoEnvironment: Rule = ({ path, code }) => {
  const may = ['src/main.ts', 'src/config', 'src/playground/main.ts'].some((place) => isIn(path, place));
  return !may && /\bprocess\s*\.\s*env\b|\bprocess\s*\[\s*'env'/.test(code)
    ? [`${path} reads process.env`]
    : [];
};

/** Words go out through the log, a card or a writer that was passed in. */
export const printsNothing: Rule = ({ path, code }) => {
  const may = ['src/main.ts', 'src/cli.ts', 'src/playground/main.ts'].includes(path);
  return !may && /\bconsole\s*\.\s*\w+/.test(code) ? [`${path} uses console`] : [];
};

/** What others call says what it does: returns, throws, and what is safe to repeat. */
export const documentsExports: Rule = ({ path, text, parsed }) => {
  const ends = new Set(
    parsed.comments
      .filter(({ type, value }) => type === 'Block' && value.startsWith('*'))
      .map(({ end }) => end),
  );
  return parsed.program.body.flatMap((statement) => {
    if (statement.type !== 'ExportNamedDeclaration') return [];
    const name = functionName(statement.declaration);
    const before = text.slice(0, statement.start).trimEnd().length;
    return name === undefined || ends.has(before) ? [] : [`${path}: ${name} has no doc comment`];
  });
};

type Declaration = Extract<
  Source['parsed']['program']['body'][number],
  { readonly type: 'ExportNamedDeclaration' }
>['declaration'];

function functionName(declaration: Declaration): string | undefined {
  if (declaration === null) return undefined;
  if (declaration.type === 'FunctionDeclaration' || declaration.type === 'ClassDeclaration') {
    return declaration.id?.name;
  }
  if (declaration.type !== 'VariableDeclaration') return undefined;
  const [first] = declaration.declarations;
  const isFunction =
    first?.init?.type === 'ArrowFunctionExpression' || first?.init?.type === 'FunctionExpression';
  return isFunction && first.id.type === 'Identifier' ? first.id.name : undefined;
}

const mostLines = 300;
/** Tests are tables of cases more often than not. */
const mostLinesOfTest = 600;

/** A file is about one thing. */
export const isShort: Rule = ({ path, text }) => {
  const most = isIn(path, 'test') ? mostLinesOfTest : mostLines;
  const lines = text.split('\n').length - 1;
  return lines > most ? [`${path} has ${lines} lines, more than ${most}`] : [];
};
