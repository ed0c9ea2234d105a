import { blocksOf, viewRule } from './block-rules.ts';
import { formatProblem, list, type Problem } from './check-shape.ts';
import { optionGroup, selectOption } from './element-rules.ts';
import { SlackError } from './read-call.ts';
import { type Block, type Fields, isFields, listOf, type ViewDefinition } from './shapes.ts';
import { withIds } from './workspace.ts';

const mostMessageBlocks = 50;
const mostViewBlocks = 100;
/** Undocumented. Messages were refused at sums between 11,000 (bolt-js#2867) and 13,200 (bolt-js#2509). */
const mostBlockText = 11_000;

/** Blocks of a message. Throws SlackError invalid_blocks or msg_blocks_too_long, as Slack answers them. */
export function checkMessageBlocks(blocks: unknown): readonly Block[] {
  const problems: Problem[] = [];
  blocksOf(mostMessageBlocks)(blocks, '/blocks', problems);
  checkUnique(blocks, '/blocks', problems);
  if (problems.length > 0) throw refusal('invalid_blocks', problems);
  if (textLength(blocks) > mostBlockText) throw new SlackError('msg_blocks_too_long');
  return withIds(blocks as readonly Block[]);
}

/** A view. Throws SlackError invalid_arguments or view_too_large. */
export function checkView(view: unknown): ViewDefinition {
  const problems: Problem[] = [];
  viewRule(view, '/view', problems);
  if (isFields(view)) {
    blocksOf(mostViewBlocks)(view['blocks'], '/view/blocks', problems);
    checkUnique(view['blocks'], '/view/blocks', problems);
    checkSubmit(view, problems);
  }
  if (problems.length > 0) throw refusal('invalid_arguments', problems);
  if (JSON.stringify(view).length > 250_000) throw new SlackError('view_too_large');
  const given = view as ViewDefinition;
  return {
    ...given,
    private_metadata: given.private_metadata ?? '',
    callback_id: given.callback_id ?? '',
    external_id: given.external_id ?? '',
    clear_on_close: given.clear_on_close ?? false,
    notify_on_close: given.notify_on_close ?? false,
    blocks: withIds(given.blocks),
  };
}

function checkSubmit(view: Fields, problems: Problem[]): void {
  const hasInput = listOf(view['blocks']).some((block) => isFields(block) && block['type'] === 'input');
  if (!hasInput || view['submit'] !== undefined || view['type'] !== 'modal') return;
  problems.push({ message: 'missing required field: submit', pointer: '/view' });
}

function refusal(code: string, problems: readonly Problem[]): SlackError {
  const errors = problems.map(formatProblem);
  const response_metadata = { messages: errors.map((each) => `[ERROR] ${each}`) };
  return new SlackError(
    code,
    code === 'invalid_blocks' ? { errors, response_metadata } : { response_metadata },
  );
}

function checkUnique(blocks: unknown, pointer: string, problems: Problem[]): void {
  const seen = new Set<unknown>();
  for (const [index, block] of listOf(blocks).entries()) {
    if (!isFields(block)) continue;
    const id = block['block_id'];
    if (typeof id === 'string' && seen.has(id)) {
      problems.push({
        message: `\`block_id\` ${id} already exists`,
        pointer: `${pointer}/${index}/block_id`,
      });
    }
    seen.add(id);
    checkUniqueActions(block, `${pointer}/${index}`, problems);
  }
}

/** Within a block every action id is another one. */
function checkUniqueActions(block: Fields, pointer: string, problems: Problem[]): void {
  const seen = new Set<unknown>();
  for (const [index, element] of listOf(block['elements']).entries()) {
    const id = isFields(element) ? element['action_id'] : undefined;
    if (typeof id === 'string' && seen.has(id)) {
      const message = `\`action_id\` ${id} already exists for a different element`;
      problems.push({ message, pointer: `${pointer}/elements/${index}/action_id` });
    }
    seen.add(id);
  }
}

/** Characters of all `text` strings, however deep. */
function textLength(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => sum + textLength(each), 0);
  if (!isFields(value)) return 0;
  return Object.entries(value).reduce(
    (sum, [key, each]) => sum + (key === 'text' && typeof each === 'string' ? each.length : textLength(each)),
    0,
  );
}

/** What is wrong with an app's answer to a block_suggestion: at most 100 options. */
export function checkSuggestions(answer: unknown): readonly string[] {
  const problems: Problem[] = [];
  const { options, option_groups: groups } = answer as { options?: unknown; option_groups?: unknown };
  if (groups === undefined) list(selectOption, 100, 0)(options, '/options', problems);
  else list(optionGroup, 100)(groups, '/option_groups', problems);
  return problems.map(formatProblem);
}
