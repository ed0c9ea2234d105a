/**
 * What Slack refuses as `invalid_blocks`, written down once from its documentation, and kept apart from the code
 * that has to obey it. Every broken rule is a line of the answer.
 */
export function brokenLimits(message: { text: string; blocks: readonly unknown[] }): readonly string[] {
  const faults: string[] = [];
  const check = (ok: boolean, fault: string): void => {
    if (!ok) faults.push(fault);
  };
  check(message.text.length >= 1 && message.text.length <= 4_000, 'text: 1 to 4000');
  check(message.blocks.length <= 50, 'a message has at most 50 blocks');
  check(textOf(message) <= 11_000, `all text: ${textOf(message)} of 11000`);
  for (const block of message.blocks) checkBlock(block as Shape, check);
  const ids = message.blocks.flatMap((block) => (block as Shape)['elements'] ?? []).map(idOf);
  const known = ids.filter((id) => id !== undefined);
  check(new Set(known).size === known.length, 'action ids are unique');
  return faults;
}

/** The same for a modal. */
export function brokenViewLimits(view: unknown): readonly string[] {
  const faults: string[] = [];
  const check = (ok: boolean, fault: string): void => {
    if (!ok) faults.push(fault);
  };
  const shape = view as Shape;
  for (const key of ['title', 'submit', 'close']) {
    const text = shape[key] as Shape | undefined;
    if (text !== undefined) check(within(text['text'], 1, 24), `${key}: 1 to 24`);
  }
  check(String(shape['private_metadata'] ?? '').length <= 3_000, 'private_metadata: 3000');
  check(String(shape['callback_id'] ?? '').length <= 255, 'callback_id: 255');
  const blocks = shape['blocks'] as readonly Shape[];
  check(blocks.length >= 1 && blocks.length <= 100, 'a view has 1 to 100 blocks');
  for (const block of blocks) checkBlock(block, check);
  const ids = blocks.map((block) => block['block_id']).filter((id) => id !== undefined);
  check(new Set(ids).size === ids.length, 'block ids are unique');
  return faults;
}

type Shape = Record<string, any>;
type Check = (ok: boolean, fault: string) => void;

function textOf(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((total, each) => total + textOf(each), 0);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce(
    (total, [key, each]) => total + (key === 'text' && typeof each === 'string' ? each.length : textOf(each)),
    0,
  );
}

function idOf(element: Shape): unknown {
  return element['action_id'];
}

function within(text: unknown, least: number, most: number): boolean {
  return typeof text === 'string' && text.length >= least && text.length <= most && text.isWellFormed();
}

function checkBlock(block: Shape, check: Check): void {
  if (block['block_id'] !== undefined) check(within(block['block_id'], 1, 255), 'block_id: 255');
  const checkers: Record<string, () => void> = {
    header: () => {
      check(block['text'].type === 'plain_text', 'a header is plain text');
      check(within(block['text'].text, 1, 150), 'header: 1 to 150');
    },
    section: () => check(within(block['text'].text, 1, 3_000), 'section: 1 to 3000'),
    context: () => {
      check(block['elements'].length >= 1 && block['elements'].length <= 10, 'context: 1 to 10 elements');
      for (const element of block['elements']) check(within(element.text, 1, 3_000), 'context text');
    },
    actions: () => {
      check(block['elements'].length >= 1 && block['elements'].length <= 25, 'actions: 1 to 25');
      for (const element of block['elements']) checkElement(element, check);
    },
    divider: () => undefined,
    input: () => {
      check(within(block['label'].text, 1, 2_000), 'label: 1 to 2000');
      if (block['hint'] !== undefined) check(within(block['hint'].text, 1, 2_000), 'hint: 1 to 2000');
      checkElement(block['element'], check);
    },
  };
  const checker = checkers[block['type']];
  if (checker === undefined) check(false, `unknown block ${block['type']}`);
  else checker();
}

function checkElement(element: Shape, check: Check): void {
  check(within(element['action_id'], 1, 255), 'action_id: 1 to 255');
  if (element['type'] === 'button') {
    check(within(element['text'].text, 1, 75), 'button: 1 to 75');
    check(within(element['value'], 1, 2_000), 'button value: 1 to 2000');
  }
  if (element['placeholder'] !== undefined) check(within(element['placeholder'].text, 1, 150), 'placeholder');
  const options: readonly Shape[] = [
    ...(element['options'] ?? []),
    ...(element['initial_options'] ?? []),
    ...(element['initial_option'] === undefined ? [] : [element['initial_option']]),
  ];
  check(options.length <= 200 && (element['options']?.length ?? 1) <= 100, 'select: 100 options');
  for (const option of options) {
    check(within(option['text'].text, 1, 75), 'option text: 1 to 75');
    check(within(option['value'], 1, 75), 'option value: 1 to 75');
  }
  if (element['initial_value'] !== undefined)
    check(String(element['initial_value']).length <= 3_000, 'input: 3000');
}
