/** What a secret holds: JSON; usually strings. */
export type KvData = Readonly<Record<string, unknown>>;

/** RFC 7386: null removes, objects merge, everything else replaces. */
export function mergePatch(target: KvData, patch: KvData): KvData {
  const merged: Record<string, unknown> = { ...target };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else if (isData(value)) merged[key] = mergePatch(isData(merged[key]) ? merged[key] : {}, value);
    else merged[key] = value;
  }
  return merged;
}

/** Whether it is an object, as the data of a KV secret has to be. */
export function isData(value: unknown): value is KvData {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The same names with null for every value, as `subkeys` answers. `depth` 0 is no limit. */
export function subkeysOf(data: KvData, depth = 0): KvData {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [
      key,
      isData(value) && depth !== 1 ? subkeysOf(value, depth === 0 ? 0 : depth - 1) : null,
    ]),
  );
}
