import { anything, boolean, byType, list, number, object, oneOf, type Rule, string } from './check-shape.ts';
import { accessories, actionElements, image, inputElements, plainText, textObject } from './element-rules.ts';

/*
 * Block Kit's limits, from docs.slack.dev/reference/block-kit and the comments of @slack/types:
 * a bot that passes here is not refused there.
 */

const base = { type: anything, 'block_id?': string(255) };

const section = object({
  ...base,
  'text?': textObject(3000),
  'fields?': list(textObject(2000), 10),
  'accessory?': byType(accessories),
  'expand?': boolean,
});

const sectionRule: Rule = (value, pointer, problems) => {
  section(value, pointer, problems);
  const { text, fields } = (value ?? {}) as { readonly text?: unknown; readonly fields?: unknown };
  if (text === undefined && fields === undefined) {
    problems.push({ message: 'must define either `text` or `fields`', pointer });
  }
};

const cell = byType({
  raw_text: object({ type: anything, text: string(3000, 1) }),
  raw_number: object({ type: anything, value: number, 'text?': string(3000) }),
  rich_text: anything,
});

const blockRules: Readonly<Record<string, Rule>> = {
  section: sectionRule,
  header: object({ ...base, text: plainText(150), 'level?': number }),
  divider: object(base),
  context: object({ ...base, elements: list(byType({ image, ...textKinds() }), 10) }),
  actions: object({ ...base, elements: list(byType(actionElements), 25) }),
  input: object({
    ...base,
    label: plainText(2000),
    element: byType(inputElements),
    'hint?': plainText(2000),
    'optional?': boolean,
    'dispatch_action?': boolean,
  }),
  image: object({
    ...base,
    alt_text: string(2000, 1),
    'image_url?': string(3000, 1),
    'slack_file?': anything,
    'title?': plainText(2000),
  }),
  markdown: object({ ...base, text: string(12_000, 1) }),
  rich_text: object({ ...base, elements: list(anything, 1000) }),
  table: object({ ...base, rows: list(list(cell, 20), 100), 'column_settings?': list(anything, 20) }),
  alert: object({
    ...base,
    text: textObject(3000),
    'level?': oneOf('default', 'info', 'warning', 'error', 'success'),
  }),
};

function textKinds(): Readonly<Record<string, Rule>> {
  return { plain_text: textObject(3000), mrkdwn: textObject(3000) };
}

const anyBlock: Rule = byType(blockRules);

/** The blocks of a message or view. */
export function blocksOf(most: number): Rule {
  return list(anyBlock, most, 0);
}

/** A view without its blocks. */
export const viewRule: Rule = (value, pointer, problems) => {
  const type = (value as { readonly type?: unknown } | null)?.type;
  const common = {
    type: oneOf('modal', 'home'),
    blocks: anything,
    'private_metadata?': string(3000),
    'callback_id?': string(255),
    'external_id?': string(255),
  };
  const modal = {
    ...common,
    title: plainText(24),
    'submit?': plainText(24),
    'close?': plainText(24),
    'clear_on_close?': boolean,
    'notify_on_close?': boolean,
    'submit_disabled?': boolean,
  };
  object(type === 'home' ? common : modal)(value, pointer, problems);
};
