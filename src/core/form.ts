import { z } from 'zod';
import type { Command } from './command.ts';
import type { Given, GivenValue } from './dispatcher.ts';

/** One argument as the parser, the help, the modal and the terminal see it; made from the command's schema. */
export interface FormField {
  /** The schema's key: `restart`. */
  readonly key: string;
  /** The flag in kebab case without dashes, for those not given by position: `max-age`. */
  readonly flag: string;
  readonly label: string;
  readonly hint: string;
  /** target and property have choices from the cluster; choice has its own. */
  readonly kind: 'target' | 'property' | 'choice' | 'number' | 'flag' | 'text';
  readonly required: boolean;
  /** Its schema can do without it; where it has a meaning, people can't. */
  readonly needed: boolean;
  readonly many: boolean;
  readonly byPosition: boolean;
  readonly choices: readonly string[];
  /** What some choices mean, one line each. */
  readonly meanings: Readonly<Record<string, string>>;
  /** What holds where nothing is said; of choices only. */
  readonly usual?: string;
  /** Other fields have a meaning with some of its choices only. */
  readonly leads: boolean;
  /** Has a meaning only where each of these fields is one of these choices. */
  readonly onlyWith: Readonly<Record<string, readonly string[]>>;
  readonly min?: number;
  readonly max?: number;
}

/** What `.meta()` of an argument's schema says beside its type. */
interface FieldMeta {
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly field?: 'target' | 'property' | undefined;
  readonly needed?: boolean | undefined;
  readonly meanings?: Readonly<Record<string, string>> | undefined;
  readonly onlyWith?: Readonly<Record<string, readonly string[]>> | undefined;
}

interface Unwrapped {
  readonly inner: z.core.$ZodType;
  readonly required: boolean;
  readonly many: boolean;
  readonly usual: unknown;
  readonly meta: FieldMeta;
}

/** Takes off defaults, lists and the like. What an outer layer doesn't say of itself, an inner one may: `.default()` hides it. */
function unwrap(type: z.core.$ZodType): Unwrapped {
  let inner = type;
  let required = true;
  let many = false;
  let usual: unknown;
  let meta: FieldMeta = {};
  for (;;) {
    meta = { ...(inner as z.ZodType).meta(), ...meta };
    if (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault) {
      required = false;
      if (inner instanceof z.ZodDefault) usual = inner.def.defaultValue;
      inner = inner.unwrap();
    } else if (inner instanceof z.ZodArray) {
      many = true;
      inner = inner.element;
    } else if (inner instanceof z.ZodPipe) {
      inner = inner.in;
    } else {
      return { inner, required, many, usual, meta };
    }
  }
}

function kindOf(inner: z.core.$ZodType, meta: FieldMeta): FormField['kind'] {
  if (meta.field !== undefined) return meta.field;
  if (inner instanceof z.ZodEnum) return 'choice';
  if (inner instanceof z.ZodNumber) return 'number';
  return inner instanceof z.ZodBoolean ? 'flag' : 'text';
}

function kebab(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The fields of a command in the schema's order. */
export function fieldsOf(command: Command): readonly FormField[] {
  const shape = Object.entries(command.args.shape).map(
    ([key, type]) => [key, unwrap(type as z.core.$ZodType)] as const,
  );
  const leading = new Set(shape.flatMap(([, { meta }]) => Object.keys(meta.onlyWith ?? {})));
  return shape.map(([key, { inner, required, many, usual, meta }]) => {
    return {
      key,
      flag: kebab(key),
      label: meta.title ?? key,
      hint: meta.description ?? '',
      kind: kindOf(inner, meta),
      required,
      needed: meta.needed ?? false,
      many,
      byPosition: command.words.includes(key),
      meanings: meta.meanings ?? {},
      leads: leading.has(key),
      onlyWith: meta.onlyWith ?? {},
      ...choicesOf(inner, usual),
      ...boundsOf(inner),
    };
  });
}

function choicesOf(inner: z.core.$ZodType, usual: unknown): Pick<FormField, 'choices' | 'usual'> {
  if (!(inner instanceof z.ZodEnum)) return { choices: [] };
  return { choices: inner.options.map(String), ...(typeof usual === 'string' ? { usual } : {}) };
}

function boundsOf(inner: z.core.$ZodType): Pick<FormField, 'min' | 'max'> {
  if (!(inner instanceof z.ZodNumber)) return {};
  const { minValue: min, maxValue: max } = inner;
  return {
    ...(min !== null && Number.isFinite(min) ? { min } : {}),
    ...(max !== null && Number.isFinite(max) ? { max } : {}),
  };
}

/** The field that keeps another from having a meaning, and what it is; `open` where that isn't known yet. */
export type Use =
  | { readonly kind: 'fits' | 'open' }
  | { readonly kind: 'senseless'; readonly because: FormField; readonly is: GivenValue };

/** Whether a field has a meaning beside what else was given. One that follows a field without a meaning has none. */
export function useOf(field: FormField, given: Given, fields: readonly FormField[]): Use {
  let open = false;
  for (const [key, choices] of Object.entries(field.onlyWith)) {
    const because = fields.find((each) => each.key === key);
    if (because === undefined) continue;
    const above = useOf(because, given, fields);
    if (above.kind === 'senseless') return above;
    const is = given[key] ?? because.usual;
    if (is !== undefined && !choices.includes(String(is))) return { kind: 'senseless', because, is };
    open ||= above.kind === 'open' || is === undefined;
  }
  return { kind: open ? 'open' : 'fits' };
}
