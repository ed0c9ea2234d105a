import { isScalar, type YAMLMap } from 'yaml';
import { type Edit, insertLines, lineAfter, lineStart, removeLines } from './edit-text.ts';
import { endOf, pairOf, startOf } from './read-yaml.ts';

/** Puts lines in behind the last key of a map that has a line a key. */
export function insertPair(text: string, map: YAMLMap, lines: readonly string[]): Edit {
  const key = startOf(map.items[0]?.key);
  const indent = ' '.repeat(key - lineStart(text, key));
  return insertLines(
    text,
    lineAfter(text, endOf(map)),
    lines.map((line) => `${indent}${line}`),
  );
}

/** Takes a key out with its value; undefined where something else stands in front of it in its line. */
export function removePair(text: string, map: YAMLMap, key: string): Edit | undefined {
  const pair = pairOf(map, key);
  if (pair === undefined || !isScalar(pair.key)) return undefined;
  const start = lineStart(text, startOf(pair.key));
  if (text.slice(start, startOf(pair.key)).trim() !== '') return undefined;
  return removeLines(text, start, lineAfter(text, Math.max(endOf(pair.key), endOf(pair.value))));
}
