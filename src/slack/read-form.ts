import { z } from 'zod';
import type { Command } from '../core/command.ts';
import type { Given, GivenValue } from '../core/dispatcher.ts';
import { type FormField, fieldsOf } from '../core/form.ts';
import { type FormMetadata, fieldKeyOf } from './build-form.ts';
import type { FormView } from './payloads.ts';

const Option = z.object({ value: z.string().max(200) });

/** What an element of a form holds, whatever its type. */
const Held = z.object({
  value: z.string().max(3_000).nullish(),
  selected_option: Option.nullish(),
  selected_options: z.array(Option).max(100).nullish(),
});

/** A block as it was sent; only a target's filled-in choice is read back. */
const InitialBlock = z.object({
  block_id: z.string(),
  element: z.object({ initial_option: Option.optional() }),
});

const Metadata = z.object({ command: z.string().max(200), channel: z.string().max(40).optional() });

/** The command and the place of a form; nothing when it is none of ours. */
export function readMetadata(view: FormView): FormMetadata | undefined {
  try {
    return Metadata.parse(JSON.parse(view.private_metadata));
  } catch {
    return undefined;
  }
}

/** What a form's fields hold now; what is no field of the command is left out. */
export function readForm(command: Command, view: FormView): Given {
  const fields = fieldsOf(command);
  const given: Record<string, GivenValue> = { ...initialTarget(fields, view) };
  for (const [blockId, elements] of Object.entries(view.state.values)) {
    const field = fields.find(({ key }) => key === fieldKeyOf(blockId));
    const held = Held.safeParse(Object.values(elements)[0]);
    if (field === undefined || !held.success) continue;
    const value = valueOf(field, held.data);
    if (value === undefined) delete given[field.key];
    else given[field.key] = value;
  }
  return given;
}

/** While choices are asked for, Slack may leave out what was filled in and not touched: the block itself has it. */
function initialTarget(fields: readonly FormField[], view: FormView): Record<string, GivenValue> {
  const target = fields.find(({ kind }) => kind === 'target');
  for (const sent of view.blocks) {
    const block = InitialBlock.safeParse(sent);
    const chosen = block.success ? block.data.element.initial_option?.value : undefined;
    if (chosen === undefined || !block.success || target === undefined) continue;
    if (fieldKeyOf(block.data.block_id) === target.key) return { [target.key]: chosen };
  }
  return {};
}

function valueOf(field: FormField, held: z.infer<typeof Held>): GivenValue | undefined {
  const text = (held.selected_option?.value ?? held.value ?? '').trim();
  if (field.many) {
    const list = held.selected_options?.map(({ value }) => value) ?? linesOf(text);
    return list.length === 0 ? undefined : list;
  }
  return text === '' ? undefined : typedValue(field, text);
}

function typedValue({ kind }: FormField, text: string): GivenValue | undefined {
  if (kind === 'flag') return answers.get(text);
  return kind === 'number' && /^-?\d{1,15}(\.\d{1,6})?$/.test(text) ? Number(text) : text;
}

/** The third answer, "as configured", is none. */
const answers: ReadonlyMap<string, boolean> = new Map([
  ['yes', true],
  ['no', false],
]);

function linesOf(text: string): readonly string[] {
  return text
    .split(/[\n,]/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
