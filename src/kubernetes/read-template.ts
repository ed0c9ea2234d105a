import { z } from 'zod';
import { listOf } from './lists.ts';
import { share } from './read-condition.ts';

/** What of an ExternalSecret's template says what comes into the Secret. */
export const SecretTemplate = z.object({
  metadata: z.object({ annotations: z.record(z.string(), z.string()).optional() }).optional(),
  data: z.record(z.string(), z.string()).nullish(),
  templateFrom: listOf(z.unknown()),
  mergePolicy: z.string().nullish(),
});
type SecretTemplate = z.infer<typeof SecretTemplate>;

/** A literal, as Go's templates have them. */
const literal = /"[^"]*"|`[^`]*`/g;
/** `index . "api-key"`: one name, taken from everything. */
const byIndex = /\b(?:index|get)\s+\.\s+(?="|`)/g;

/**
 * The names that a template takes of what was read; literals count as names, for they may be. Undefined without a
 * template, and for one that may take everything: then whatever is read may come into the Secret.
 */
export function takenBy(template: SecretTemplate | undefined): readonly string[] | undefined {
  if (template === undefined || template.templateFrom.length > 0 || template.mergePolicy === 'Merge') {
    return undefined;
  }
  const lines = Object.values(template.data ?? {});
  // One that has labels or annotations only leaves the data as it was read.
  if (lines.length === 0) return undefined;
  const actions = lines.flatMap((line) => line.match(/\{\{.*?\}\}/gs) ?? []);
  if (actions.some(mayTakeAll)) return undefined;
  return [...new Set(actions.flatMap(namesIn))].map(share);
}

/** A dot, or the root by its other name, that no name follows. */
function mayTakeAll(action: string): boolean {
  const bare = action.replace(byIndex, '').replace(literal, '');
  return /\$|(?<![\w)\]])\.(?![A-Za-z_0-9])/.test(bare);
}

function namesIn(action: string): readonly string[] {
  const texts = (action.match(literal) ?? []).map((text) => text.slice(1, -1));
  const fields = action.replace(literal, '').match(/(?<![\w)\]])\.[A-Za-z_]\w*/g) ?? [];
  return [...texts, ...fields.map((field) => field.slice(1))];
}
