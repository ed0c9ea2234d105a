import type { ActContext } from './act.ts';
import { type Chosen, ownOptions, stateFor } from './element-state.ts';
import { elementsOf } from './keep-modals.ts';
import { actionIdOf, type Block, type OpenView } from './shapes.ts';
import { suggest, suggestedFor } from './suggest-options.ts';

/** What a person put in, by action id or block id: texts, option values or option labels. */
export type Filled = Readonly<Record<string, Chosen>>;

/** Puts values into the elements that bear these names. Throws for a name or a choice that the view does not offer. */
export async function fill(context: ActContext, view: OpenView, values: Filled): Promise<OpenView> {
  let filled = view;
  for (const [name, chosen] of Object.entries(values)) {
    const found = findElement(view, name);
    if (found === undefined) throw new Error(`the view has no field ${name}`);
    const { block, element } = found;
    await askFor(context, view, { block, element, chosen });
    const state = stateFor(element, chosen, suggestedFor(context, element));
    filled = context.modals.setValues(filled, {
      [block.block_id ?? '']: { [actionIdOf(element)]: state },
    });
  }
  return filled;
}

interface Field {
  readonly block: Block;
  readonly element: Block;
}

function findElement(view: OpenView, name: string): Field | undefined {
  const fields = view.definition.blocks.flatMap((block) =>
    elementsOf(block).map((element) => ({ block, element })),
  );
  return (
    fields.find(({ element }) => element['action_id'] === name) ??
    fields.find(({ block }) => block.block_id === name)
  );
}

/** A person can only choose what was suggested: what was not yet is typed, and asked for. */
async function askFor(
  context: ActContext,
  view: OpenView,
  { block, element, chosen }: Field & { chosen: Chosen },
): Promise<void> {
  if (!element.type.endsWith('external_select') || chosen === null) return;
  for (const value of [chosen].flat()) {
    const known = [...ownOptions(element), ...suggestedFor(context, element)];
    if (known.some((each) => each.value === value || each.text.text === value)) continue;
    await suggest(context, {
      user: view.user,
      viewId: view.id,
      actionId: actionIdOf(element),
      ...(block.block_id === undefined ? {} : { blockId: block.block_id }),
      value,
    });
  }
}
