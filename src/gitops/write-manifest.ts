import { stringify } from 'yaml';
import type { Layout } from './read-habits.ts';

/** The file of a new object, laid out as its neighbours are. */
export function writeManifest(manifest: Readonly<Record<string, unknown>>, layout: Layout): string {
  const head = [
    ...(layout.marker ? ['---'] : []),
    ...(layout.schemaComment === undefined ? [] : [layout.schemaComment]),
  ];
  const lines = [...head, ...writeYaml(manifest, layout)];
  return `${lines.join(layout.eol)}${layout.eol}`;
}

/**
 * The lines of a value. What YAML 1.1 reads as something else than text (`no`, `on`, dates) is quoted: that is what
 * kustomize reads.
 */
export function writeYaml(
  value: unknown,
  { indent, indentLists }: Pick<Layout, 'indent' | 'indentLists'>,
): readonly string[] {
  return stringify(value, { version: '1.1', lineWidth: 0, indent, indentSeq: indentLists })
    .trimEnd()
    .split('\n');
}
