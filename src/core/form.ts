import { z } from 'zod';
import type { Command } from './command.ts';

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
  readonly many: boolean;
  readonly byPosition: boolean;
  readonly choices: readonly string[];
  readonly min?: number;
  readonly max?: number;
}

/** What `.meta()` of an argument's schema says beside its type. */
interface FieldMeta {
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly field?: 'target' | 'property' | undefined;
}

interface Unwrapped {
  readonly inner: z.core.$ZodType;
  readonly required: boolean;
  readonly many: boolean;
  readonly meta: FieldMeta;
}

/** Takes off defaults, lists and the like. What an outer layer doesn't say of itself, an inner one may: `.default()` hides it. */
function unwrap(type: z.core.$ZodType): Unwrapped {
  let inner = type;
  let required = true;
  let many = false;
  let meta: FieldMeta = {};
  for (;;) {
    meta = { ...(inner as z.ZodType).meta(), ...meta };
    if (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault) {
      required = false;
      inner = inner.unwrap();
    } else if (inner instanceof z.ZodArray) {
      many = true;
      inner = inner.element;
    } else if (inner instanceof z.ZodPipe) {
      inner = inner.in;
    } else {
      return { inner, required, many, meta };
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
  return Object.entries(command.args.shape).map(([key, type]) => {
    const { inner, required, many, meta } = unwrap(type as z.core.$ZodType);
    const bounds = inner instanceof z.ZodNumber ? { min: inner.minValue, max: inner.maxValue } : {};
    return {
      key,
      flag: kebab(key),
      label: meta.title ?? key,
      hint: meta.description ?? '',
      kind: kindOf(inner, meta),
      required,
      many,
      byPosition: command.words.includes(key),
      choices: inner instanceof z.ZodEnum ? inner.options.map(String) : [],
      ...(typeof bounds.min === 'number' && Number.isFinite(bounds.min) ? { min: bounds.min } : {}),
      ...(typeof bounds.max === 'number' && Number.isFinite(bounds.max) ? { max: bounds.max } : {}),
    };
  });
}
