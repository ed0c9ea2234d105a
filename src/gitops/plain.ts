/** A map as YAML gives it. */
export type Plain = Readonly<Record<string, unknown>>;

/** Whether a value is a map. */
export function isRecord(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The maps of a list; none where it isn't one. */
export function listOf(value: unknown): readonly Plain[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** A text; '' where it isn't one. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
