import { randomBytes } from 'node:crypto';
import { initialState } from './element-state.ts';
import { SlackError } from './read-call.ts';
import {
  actionIdOf,
  type Block,
  type ElementState,
  isFields,
  listOf,
  type OpenView,
  type ViewDefinition,
  type ViewValues,
} from './shapes.ts';
import { randomId, type Workspace } from './workspace.ts';

const deepest = 3;

/** The modal stack of each person, and the home tabs: hashes, values kept across updates, errors at fields. */
export class Modals {
  readonly #workspace: Workspace;
  readonly #stacks = new Map<string, readonly OpenView[]>();
  readonly #homes = new Map<string, OpenView>();

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  /** The view that the person is looking at. */
  top(user: string): OpenView | undefined {
    return this.#stacks.get(user)?.at(-1);
  }

  stack(user: string): readonly OpenView[] {
    return this.#stacks.get(user) ?? [];
  }

  home(user: string): OpenView | undefined {
    return this.#homes.get(user);
  }

  /** Any open view by its id or external id. */
  find(id: string, by: 'id' | 'external_id' = 'id'): OpenView | undefined {
    const all = [...[...this.#stacks.values()].flat(), ...this.#homes.values()];
    return all.find((view) => (by === 'id' ? view.id === id : view.definition.external_id === id));
  }

  /** A modal that a person has open already is replaced, as Slack replaces it. Throws SlackError duplicate_external_id. */
  open(user: string, definition: ViewDefinition): OpenView {
    this.#checkExternalId(definition);
    const view = newView(user, definition);
    this.#set(user, [view]);
    return view;
  }

  /** Throws SlackError push_limit_reached, not_found (nothing is open), duplicate_external_id. */
  push(user: string, definition: ViewDefinition): OpenView {
    const stack = this.stack(user);
    const below = stack.at(-1);
    if (below === undefined) throw new SlackError('not_found');
    if (stack.length >= deepest) throw new SlackError('push_limit_reached');
    this.#checkExternalId(definition);
    const view = newView(user, definition, below);
    this.#set(user, [...stack, view]);
    return view;
  }

  publish(user: string, definition: ViewDefinition): OpenView {
    const known = this.#homes.get(user);
    const view = newView(user, definition);
    this.#homes.set(user, known === undefined ? view : { ...view, id: known.id, rootId: known.id });
    this.#workspace.changed({ kind: 'modal', user });
    return this.#homes.get(user) ?? view;
  }

  /** Throws SlackError hash_conflict when the view changed since `hash`, not_found when it is closed. */
  update(id: string, definition: ViewDefinition, hash?: string): OpenView {
    const view = this.find(id);
    if (view === undefined) throw new SlackError('not_found');
    if (hash !== undefined && hash !== '' && hash !== view.hash) throw new SlackError('hash_conflict');
    const updated: OpenView = {
      ...view,
      definition,
      hash: newHash(),
      errors: {},
      values: { ...initialValues(definition), ...kept(view, definition) },
    };
    this.#replace(updated);
    return updated;
  }

  setValues(view: OpenView, values: ViewValues): OpenView {
    const merged = { ...view.values };
    for (const [block, elements] of Object.entries(values)) merged[block] = { ...merged[block], ...elements };
    const changed = { ...view, values: merged };
    this.#replace(changed);
    return changed;
  }

  setErrors(view: OpenView, errors: Readonly<Record<string, string>>): void {
    this.#replace({ ...view, errors });
  }

  /** Takes the view away; with `all` the whole stack. */
  close(view: OpenView, all: boolean): void {
    this.#set(view.user, all ? [] : this.stack(view.user).filter((each) => each.id !== view.id));
  }

  #checkExternalId(definition: ViewDefinition): void {
    if (definition.external_id === '') return;
    if (this.find(definition.external_id, 'external_id')) throw new SlackError('duplicate_external_id');
  }

  #replace(view: OpenView): void {
    if (this.#homes.get(view.user)?.id === view.id) this.#homes.set(view.user, view);
    this.#set(
      view.user,
      this.stack(view.user).map((each) => (each.id === view.id ? view : each)),
    );
  }

  #set(user: string, stack: readonly OpenView[]): void {
    this.#stacks.set(user, stack);
    this.#workspace.changed({ kind: 'modal', user });
  }
}

function newView(user: string, definition: ViewDefinition, below?: OpenView): OpenView {
  const id = randomId('V');
  return {
    id,
    user,
    rootId: below?.rootId ?? id,
    previousId: below?.id ?? null,
    hash: newHash(),
    definition,
    values: initialValues(definition),
    errors: {},
  };
}

function newHash(): string {
  return `${Math.floor(Date.now() / 1000)}.${randomBytes(6).toString('base64url')}`;
}

/** The elements of a block that a person can set or press. */
export function elementsOf(block: Block): readonly Block[] {
  const all = [
    block['element'],
    block['accessory'],
    ...(block.type === 'context' ? [] : listOf(block['elements'])),
  ];
  return all.filter((each): each is Block => isFields(each) && typeof each['action_id'] === 'string');
}

function initialValues(definition: ViewDefinition): ViewValues {
  const values: Record<string, Record<string, ElementState>> = {};
  for (const block of definition.blocks) {
    for (const element of elementsOf(block)) {
      const state = initialState(element);
      if (state === undefined) continue;
      values[block.block_id ?? ''] = {
        ...values[block.block_id ?? ''],
        [actionIdOf(element)]: state,
      };
    }
  }
  return values;
}

/** What a person put in stays through an update where block id, action id and type are the same. */
function kept(view: OpenView, definition: ViewDefinition): ViewValues {
  const values: Record<string, Record<string, ElementState>> = {};
  for (const block of definition.blocks) {
    const old = view.values[block.block_id ?? ''] ?? {};
    for (const element of elementsOf(block)) {
      const action = actionIdOf(element);
      const state = old[action];
      if (state?.type === element.type)
        values[block.block_id ?? ''] = { ...values[block.block_id ?? ''], [action]: state };
    }
  }
  return values;
}
