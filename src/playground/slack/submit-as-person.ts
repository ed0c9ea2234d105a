import { type ActContext, payloadBase, type Seen } from './act.ts';
import { checkView } from './check-blocks.ts';
import { isEmpty } from './element-state.ts';
import { type Filled, fill } from './fill-view.ts';
import { viewObject } from './methods-views.ts';
import { SlackError } from './read-call.ts';
import { actionIdOf, type ElementState, type Fields, isFields, type OpenView, stringOf } from './shapes.ts';

export interface Submitting {
  readonly user: string;
  /** The topmost view when it is absent. */
  readonly viewId?: string;
  readonly values?: Filled;
}

const trouble = { '': 'We had some trouble connecting. Try again?' };

/** Fills the view in and submits it, unless Slack itself refuses what is missing. */
export async function submit(context: ActContext, submitting: Submitting): Promise<Seen> {
  const shown = openView(context, submitting);
  const filled = await fill(context, shown, submitting.values ?? {});
  const errors = incomplete(filled);
  if (Object.keys(errors).length > 0) {
    context.modals.setErrors(filled, errors);
    return seen(context, submitting.user, { kind: 'incomplete', tookMs: 0 });
  }
  const delivered = await context.delivery.send('interactive', {
    ...payloadBase(context, submitting.user),
    type: 'view_submission',
    trigger_id: context.handouts.triggerId({ user: submitting.user, channel: '' }),
    view: viewObject(context, filled),
    response_urls: [],
  });
  if (delivered.kind !== 'acknowledged') {
    context.modals.setErrors(context.modals.find(filled.id) ?? filled, trouble);
    return seen(context, submitting.user, delivered);
  }
  const kind = answerView(context, filled, delivered.payload);
  return seen(context, submitting.user, { kind, tookMs: delivered.tookMs });
}

/** Closes the topmost view (or all of them); the app hears of it if it asked to. */
export async function closeView(
  context: ActContext,
  { user, viewId, all = false }: { user: string; viewId?: string; all?: boolean },
): Promise<Seen> {
  const view = openView(context, { user, ...(viewId === undefined ? {} : { viewId }) });
  const closed = all ? context.modals.stack(user).toReversed() : [view];
  context.modals.close(view, all || view.definition.clear_on_close);
  let last: Seen = { kind: 'acknowledged', tookMs: 0 };
  for (const each of closed.filter(({ definition }) => definition.notify_on_close)) {
    const { kind, tookMs } = await context.delivery.send('interactive', {
      ...payloadBase(context, user),
      type: 'view_closed',
      view: viewObject(context, each),
      is_cleared: all,
    });
    last = { kind, tookMs };
  }
  return last;
}

function openView(context: ActContext, { user, viewId }: Submitting): OpenView {
  const view = viewId === undefined ? context.modals.top(user) : context.modals.find(viewId);
  if (view === undefined || view.user !== user) throw new Error('no such view is open');
  return view;
}

function seen(context: ActContext, user: string, { kind, tookMs }: Seen): Seen {
  const view = context.modals.top(user);
  return { kind, tookMs, ...(view === undefined ? {} : { view }) };
}

/** What Slack refuses by itself, by block id. */
function incomplete(view: OpenView): Readonly<Record<string, string>> {
  const errors: Record<string, string> = {};
  for (const block of view.definition.blocks) {
    const { element } = block;
    if (block.type !== 'input' || !isFields(element)) continue;
    const state = view.values[block.block_id ?? '']?.[actionIdOf(element)];
    const problem = isEmpty(state)
      ? block['optional'] === true
        ? undefined
        : 'Please complete this required field.'
      : lengthProblem(element, state);
    if (problem !== undefined) errors[block.block_id ?? ''] = problem;
  }
  return errors;
}

function lengthProblem(element: Fields, state: ElementState | undefined): string | undefined {
  const value = state?.['value'];
  if (typeof value !== 'string') return undefined;
  if (element['type'] === 'number_input') return numberProblem(element, value);
  const { min_length: least, max_length: most } = element as { min_length?: number; max_length?: number };
  if (least !== undefined && value.length < least) return `Please enter at least ${least} characters.`;
  if (most !== undefined && value.length > most) return `Please enter at most ${most} characters.`;
  return undefined;
}

function numberProblem(element: Fields, value: string): string | undefined {
  const given = Number(value);
  const form = element['is_decimal_allowed'] === true ? /^-?\d+(\.\d+)?$/ : /^-?\d+$/;
  if (!form.test(value)) return 'Please enter a valid number.';
  if (element['min_value'] !== undefined && given < Number(element['min_value'])) {
    return `Please enter a number of at least ${stringOf(element['min_value'])}.`;
  }
  if (element['max_value'] !== undefined && given > Number(element['max_value'])) {
    return `Please enter a number of at most ${stringOf(element['max_value'])}.`;
  }
  return undefined;
}

/** Does what the acknowledgement says with the stack. */
function answerView(context: ActContext, submitted: OpenView, answer: Fields): Seen['kind'] {
  const view = context.modals.find(submitted.id);
  if (view === undefined) return 'acknowledged';
  const act = actions[stringOf(answer['response_action'] ?? 'close')];
  try {
    if (act === undefined) throw new SlackError('invalid_response_action');
    act(context, view, answer);
    return 'acknowledged';
  } catch (error) {
    if (!(error instanceof SlackError)) throw error;
    context.modals.setErrors(view, trouble);
    return 'invalid_response';
  }
}

const actions: Readonly<Record<string, (context: ActContext, view: OpenView, answer: Fields) => void>> = {
  close: ({ modals }, view) => modals.close(view, view.definition.clear_on_close),
  clear: ({ modals }, view) => modals.close(view, true),
  errors: ({ modals }, view, answer) => modals.setErrors(view, readErrors(view, answer['errors'])),
  update: ({ modals }, view, answer) => void modals.update(view.id, checkView(answer['view'])),
  push: ({ modals }, view, answer) => void modals.push(view.user, checkView(answer['view'])),
};

/** Errors go to input blocks that exist, or the whole answer is refused. */
function readErrors(view: OpenView, errors: unknown): Readonly<Record<string, string>> {
  if (!isFields(errors) || Object.keys(errors).length === 0) throw new SlackError('invalid_errors');
  const inputs = new Set(
    view.definition.blocks.filter(({ type }) => type === 'input').map((block) => block.block_id),
  );
  for (const [block, problem] of Object.entries(errors)) {
    if (!inputs.has(block) || typeof problem !== 'string') throw new SlackError('invalid_errors');
  }
  return errors as Readonly<Record<string, string>>;
}
