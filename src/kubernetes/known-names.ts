import { LRUCache } from 'lru-cache';
import { PropertyName, VaultPath } from '../core/names.ts';

/*
 * The same few thousand paths and properties come again with every change of an object, and with each of its
 * entries. Each is checked once and kept once.
 */
const paths = new LRUCache<string, { readonly path?: VaultPath }>({ max: 4_000 });
const properties = new LRUCache<string, { readonly property?: PropertyName }>({ max: 2_000 });

/** The path, if it is one that Chatelaine takes. */
export function knownPath(text: string): VaultPath | undefined {
  const known = paths.get(text);
  if (known !== undefined) return known.path;
  const path = VaultPath.safeParse(text).data;
  paths.set(text, path === undefined ? {} : { path });
  return path;
}

/** The property, if it is a plain name. */
export function knownProperty(text: string): PropertyName | undefined {
  const known = properties.get(text);
  if (known !== undefined) return known.property;
  const property = PropertyName.safeParse(text).data;
  properties.set(text, property === undefined ? {} : { property });
  return property;
}
