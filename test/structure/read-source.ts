import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type ParseResult, parseSync } from 'oxc-parser';

const root = join(import.meta.dirname, '../..');

/** A source file, parsed. */
export interface Source {
  /** From the repository's root: `src/core/names.ts`. */
  readonly path: string;
  readonly text: string;
  /** The text with its comments blanked, so that words in them are not taken for code. */
  readonly code: string;
  readonly parsed: ParseResult;
  /** What it imports, re-exports or loads later: paths from the root for our own files, names for packages. */
  readonly imports: readonly string[];
}

/** Parses a text as if it were in that file; throws for one that can't be parsed. */
export function sourceOf(path: string, text: string): Source {
  const parsed = parseSync(path, text);
  if (parsed.errors.length > 0) throw new Error(`${path} can't be parsed`);
  return { path, text, code: withoutComments(text, parsed), parsed, imports: importsOf(path, text, parsed) };
}

/** Every TypeScript file below these folders. */
export function readSources(...folders: readonly string[]): readonly Source[] {
  return globSync(
    folders.map((folder) => `${folder}/**/*.ts`),
    { cwd: root },
  )
    .map((path) => path.replaceAll('\\', '/'))
    .toSorted()
    .map((path) => sourceOf(path, readFileSync(join(root, path), 'utf8')));
}

function withoutComments(text: string, { comments }: ParseResult): string {
  const parts: string[] = [];
  let at = 0;
  for (const { start, end } of comments) {
    parts.push(text.slice(at, start), text.slice(start, end).replace(/[^\n]/g, ' '));
    at = end;
  }
  return [...parts, text.slice(at)].join('');
}

function importsOf(path: string, text: string, { module }: ParseResult): readonly string[] {
  const requests = [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap((each) => each.moduleRequest?.value ?? []),
    ),
    ...module.dynamicImports.map(({ moduleRequest }) =>
      text.slice(moduleRequest.start, moduleRequest.end).replace(/^['"`]|['"`]$/g, ''),
    ),
  ];
  return requests.map((request) =>
    request.startsWith('.')
      ? relative(root, join(root, dirname(path), request)).replaceAll('\\', '/')
      : request,
  );
}
