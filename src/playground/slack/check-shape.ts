import { isFields } from './shapes.ts';

/** One fault of a payload and where it is, as a JSON pointer. */
export interface Problem {
  readonly message: string;
  readonly pointer: string;
}

/** Looks at a value and adds what is wrong with it. */
export type Rule = (value: unknown, pointer: string, problems: Problem[]) => void;

/** In the words of Slack's own answers. */
export function formatProblem(problem: Problem): string {
  return `${problem.message} [json-pointer:${problem.pointer}]`;
}

/** Any value: left to the app's own tests. */
export const anything: Rule = () => {};

/** True or false. */
export const boolean: Rule = (value, pointer, problems) => {
  if (typeof value !== 'boolean') problems.push({ message: 'must provide a boolean', pointer });
};

/** A number of any kind. */
export const number: Rule = (value, pointer, problems) => {
  if (typeof value !== 'number') problems.push({ message: 'must provide a number', pointer });
};

/** Slack counts UTF-16 units or characters? Seen to differ; counting units is the stricter one. */
export function string(most: number, least = 0): Rule {
  return (value, pointer, problems) => {
    if (typeof value !== 'string') problems.push({ message: 'must provide a string', pointer });
    else if (value.length > most)
      problems.push({ message: `must be less than ${most + 1} characters`, pointer });
    else if (value.length < least)
      problems.push({ message: `must be more than ${least - 1} characters`, pointer });
  };
}

/** One of these words. */
export function oneOf(...values: readonly string[]): Rule {
  return (value, pointer, problems) => {
    if (!values.includes(String(value))) problems.push({ message: 'must be a valid enum value', pointer });
  };
}

/** An array of so many things, each of which keeps the rule. */
export function list(of: Rule, most: number, least = 1): Rule {
  return (value, pointer, problems) => {
    if (!Array.isArray(value)) {
      problems.push({ message: 'must provide an array', pointer });
      return;
    }
    if (value.length > most) problems.push({ message: `no more than ${most} items allowed`, pointer });
    if (value.length < least) problems.push({ message: `must provide at least ${least} items`, pointer });
    for (const [index, each] of value.entries()) of(each, `${pointer}/${index}`, problems);
  };
}

/** An object with these fields and no others; those that end in `?` may be missing. */
export function object(fields: Readonly<Record<string, Rule>>): Rule {
  const rules = new Map(Object.entries(fields).map(([key, rule]) => [key.replace(/\?$/, ''), rule]));
  const needed = Object.keys(fields).filter((key) => !key.endsWith('?'));
  return (value, pointer, problems) => {
    if (!isFields(value)) {
      problems.push({ message: 'must provide an object', pointer });
      return;
    }
    for (const key of needed) {
      if (value[key] === undefined) problems.push({ message: `missing required field: ${key}`, pointer });
    }
    for (const [key, each] of Object.entries(value)) {
      const rule = rules.get(key);
      if (rule === undefined) problems.push({ message: `invalid additional property: ${key}`, pointer });
      else rule(each, `${pointer}/${key}`, problems);
    }
  };
}

/** Chooses the rule by the value's `type`. */
export function byType(rules: Readonly<Record<string, Rule>>): Rule {
  return (value, pointer, problems) => {
    const type = isFields(value) ? value['type'] : undefined;
    const rule = typeof type === 'string' ? rules[type] : undefined;
    if (rule !== undefined) rule(value, pointer, problems);
    else if (type === undefined) problems.push({ message: 'missing required field: type', pointer });
    else
      problems.push({
        message: `unsupported type: ${typeof type === 'string' ? type : typeof type}`,
        pointer: `${pointer}/type`,
      });
  };
}
