import type { FileShown, LineShown } from './git-host.ts';

const kinds: Readonly<Record<string, LineShown['kind']>> = {
  '@': 'place',
  ' ': 'same',
  '+': 'added',
  '-': 'removed',
};

/** The files of what `git diff` wrote, each with the lines that a page shows of it. */
export function readDiff(text: string): readonly FileShown[] {
  return text
    .split(/^diff --git .*\n/m)
    .slice(1)
    .map((file) => {
      const [head = '', ...parts] = file.split(/^(?=@@ )/m);
      const [, gone = '', made = ''] = /^--- (?:a\/)?(.*)\n\+\+\+ (?:b\/)?(.*)$/m.exec(head) ?? [];
      const lines = parts.join('').split('\n').flatMap(lineOf);
      const count = (kind: LineShown['kind']): number => lines.filter((line) => line.kind === kind).length;
      return {
        path: made === '/dev/null' ? gone : made,
        added: count('added'),
        removed: count('removed'),
        lines,
      };
    });
}

function lineOf(line: string): readonly LineShown[] {
  const kind = kinds[line.charAt(0)];
  if (kind === undefined) return [];
  return [{ kind, text: kind === 'place' ? line : line.slice(1) }];
}
