import type { ActContext } from './act.ts';
import type { Chosen } from './element-state.ts';
import { elementsOf } from './keep-modals.ts';
import type { Block, OpenView, StoredMessage } from './shapes.ts';
import { latestVersion } from './workspace.ts';

/** A button pressed or a choice made, in a message or in a view. */
export interface Pressing {
  readonly user: string;
  readonly message?: { readonly channel: string; readonly ts: string };
  readonly viewId?: string;
  readonly actionId: string;
  /** Where two blocks have the same action id. */
  readonly blockId?: string;
  /** What was chosen, for anything but a button. */
  readonly value?: Chosen;
  /** What the person has put into the view so far, by action id or block id. */
  readonly values?: Readonly<Record<string, Chosen>>;
}

/** What a person points at: a block's element in a message that they see, or in a view that they have open. */
export interface Pointed {
  readonly block: Block;
  readonly element: Block;
  readonly place: { readonly message: StoredMessage } | { readonly view: OpenView };
}

/** Throws for what a person could not point at: it is gone, or never was. */
export function pointAt(context: ActContext, at: Omit<Pressing, 'value' | 'values'>): Pointed {
  const place = placeOf(context, at);
  const blocks = 'message' in place ? latestVersion(place.message).blocks : place.view.definition.blocks;
  for (const block of blocks) {
    if (at.blockId !== undefined && block.block_id !== at.blockId) continue;
    const element = elementsOf(block).find((each) => each['action_id'] === at.actionId);
    if (element !== undefined) return { block, element, place };
  }
  throw new Error(`nothing here has the action ${at.actionId}`);
}

function placeOf(context: ActContext, at: Pick<Pressing, 'user' | 'message' | 'viewId'>): Pointed['place'] {
  if (at.message === undefined) {
    const view = at.viewId === undefined ? context.modals.top(at.user) : context.modals.find(at.viewId);
    if (view === undefined || view.user !== at.user) throw new Error('no such view is open');
    return { view };
  }
  const { channel, ts } = at.message;
  const message = context.workspace.message(channel, ts);
  const seen = context.workspace.conversation(at.user, channel).some((each) => each.ts === ts);
  if (message === undefined || !seen) throw new Error('no such message is seen');
  return { message };
}
