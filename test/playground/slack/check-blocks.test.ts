import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkMessageBlocks, checkView } from '../../../src/playground/slack/check-blocks.ts';
import { SlackError } from '../../../src/playground/slack/read-call.ts';

const plain = (text: string) => ({ type: 'plain_text', text });
const markup = (text: string) => ({ type: 'mrkdwn', text });
const section = (text: string) => ({ type: 'section', text: markup(text) });
const button = (fields: object = {}) => ({ type: 'button', action_id: 'a', text: plain('Go'), ...fields });
const actions = (...elements: object[]) => ({ type: 'actions', elements });
const options = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ text: plain(`o${index}`), value: `${index}` }));
const long = (length: number) => 'x'.repeat(length);

function refusal(check: () => unknown): SlackError {
  try {
    check();
  } catch (error) {
    if (error instanceof SlackError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('the blocks of a message', () => {
  it('answers as Slack does: the form of the words and the pointer', () => {
    expect(refusal(() => checkMessageBlocks([section(long(3001))]))).toMatchObject({
      message: 'invalid_blocks',
      extra: {
        errors: ['must be less than 3001 characters [json-pointer:/blocks/0/text/text]'],
        response_metadata: {
          messages: ['[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]'],
        },
      },
    });
  });

  it.each([
    [
      '51 blocks',
      Array.from({ length: 51 }, () => ({ type: 'divider' })),
      'no more than 50 items allowed [json-pointer:/blocks]',
    ],
    ['an empty text', [section('')], 'must be more than 0 characters [json-pointer:/blocks/0/text/text]'],
    [
      'a long header',
      [{ type: 'header', text: plain(long(151)) }],
      'less than 151 characters [json-pointer:/blocks/0/text/text]',
    ],
    [
      'markup in a header',
      [{ type: 'header', text: markup('x') }],
      'must be a valid enum value [json-pointer:/blocks/0/text/type]',
    ],
    [
      '11 fields',
      [{ type: 'section', fields: Array.from({ length: 11 }, () => markup('x')) }],
      'no more than 10 items allowed [json-pointer:/blocks/0/fields]',
    ],
    [
      'a long field',
      [{ type: 'section', fields: [markup(long(2001))] }],
      'less than 2001 characters [json-pointer:/blocks/0/fields/0/text]',
    ],
    [
      'a section with nothing',
      [{ type: 'section' }],
      'must define either `text` or `fields` [json-pointer:/blocks/0]',
    ],
    [
      '26 buttons',
      [actions(...Array.from({ length: 26 }, (_, index) => button({ action_id: `a${index}` })))],
      'no more than 25 items allowed [json-pointer:/blocks/0/elements]',
    ],
    [
      'a long label',
      [actions(button({ text: plain(long(76)) }))],
      'less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]',
    ],
    [
      'a long value',
      [actions(button({ value: long(2001) }))],
      'less than 2001 characters [json-pointer:/blocks/0/elements/0/value]',
    ],
    [
      'an unknown style',
      [actions(button({ style: 'gold' }))],
      'must be a valid enum value [json-pointer:/blocks/0/elements/0/style]',
    ],
    [
      'two of an action id',
      [actions(button(), button())],
      '`action_id` a already exists for a different element',
    ],
    [
      'two of a block id',
      [
        { type: 'divider', block_id: 'b' },
        { type: 'divider', block_id: 'b' },
      ],
      '`block_id` b already exists',
    ],
    [
      'a long block id',
      [{ type: 'divider', block_id: long(256) }],
      'less than 256 characters [json-pointer:/blocks/0/block_id]',
    ],
    [
      '11 in a context',
      [{ type: 'context', elements: Array.from({ length: 11 }, () => markup('x')) }],
      'no more than 10 items allowed',
    ],
    [
      '101 options',
      [actions({ type: 'static_select', action_id: 's', options: options(101) })],
      'no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]',
    ],
    [
      'a choice that is not offered',
      [
        actions({
          type: 'static_select',
          action_id: 's',
          options: options(2),
          initial_option: options(3)[2],
        }),
      ],
      'must be one of the provided options',
    ],
    ['an unknown kind', [{ type: 'carpet' }], 'unsupported type: carpet [json-pointer:/blocks/0/type]'],
    [
      'a field that is none',
      [{ type: 'divider', colour: 'red' }],
      'invalid additional property: colour [json-pointer:/blocks/0]',
    ],
  ])('refuses %s', (_name, blocks, problem) => {
    const { errors } = refusal(() => checkMessageBlocks(blocks)).extra as { errors: readonly string[] };
    expect(errors.join('\n')).toContain(problem);
  });

  it('takes what just fits', () => {
    const full = [
      { type: 'header', text: plain(long(150)) },
      section(long(3000)),
      { type: 'section', fields: Array.from({ length: 3 }, () => markup(long(2000))) },
      actions(button({ text: plain(long(75)), value: long(2000) })),
    ];
    expect(checkMessageBlocks(full)).toHaveLength(4);
  });

  it('refuses a sum of texts that is too long, though each one fits', () => {
    const blocks = Array.from({ length: 4 }, () => section(long(2900)));
    expect(refusal(() => checkMessageBlocks(blocks)).message).toBe('msg_blocks_too_long');
  });

  it('gives ids to blocks and elements that have none', () => {
    const [block] = checkMessageBlocks([actions({ type: 'button', text: plain('Go') })]);
    const [element] = (block?.['elements'] ?? []) as readonly { readonly action_id?: string }[];
    expect(block?.block_id).toMatch(/.+/);
    expect(element?.action_id).toMatch(/.+/);
  });

  it('refuses or takes whatever comes, and never breaks', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.jsonValue(),
            fc.record({
              type: fc.constantFrom('section', 'actions', 'input', 'context', 'image'),
              text: fc.jsonValue(),
              elements: fc.jsonValue(),
              element: fc.jsonValue(),
            }),
          ),
        ),
        (blocks) => {
          try {
            checkMessageBlocks(blocks);
          } catch (error) {
            expect(error).toBeInstanceOf(SlackError);
          }
        },
      ),
    );
  });
});

describe('a view', () => {
  const input = {
    type: 'input',
    label: plain('Secret'),
    element: { type: 'plain_text_input', action_id: 'a' },
  };
  const view = (fields: object = {}) => ({
    type: 'modal',
    title: plain('Rotate'),
    submit: plain('Go'),
    blocks: [input],
    ...fields,
  });
  const problems = (given: unknown) => JSON.stringify(refusal(() => checkView(given)).extra);

  it.each([
    [
      'a long title',
      view({ title: plain(long(25)) }),
      'less than 25 characters [json-pointer:/view/title/text]',
    ],
    ['no title', { type: 'modal', blocks: [] }, 'missing required field: title [json-pointer:/view]'],
    ['inputs and nothing to submit', view({ submit: undefined }), 'missing required field: submit'],
    [
      'much metadata',
      view({ private_metadata: long(3001) }),
      'less than 3001 characters [json-pointer:/view/private_metadata]',
    ],
    [
      '101 blocks',
      view({ blocks: Array.from({ length: 101 }, () => ({ type: 'divider' })) }),
      'no more than 100 items allowed [json-pointer:/view/blocks]',
    ],
    [
      'a masked input, which Slack has not',
      view({ blocks: [{ ...input, element: { type: 'password_input', action_id: 'a' } }] }),
      'unsupported type: password_input',
    ],
  ])('is refused with %s', (_name, given, problem) => {
    expect(refusal(() => checkView(given)).message).toBe('invalid_arguments');
    expect(problems(given)).toContain(problem);
  });

  it('is completed with what Slack adds', () => {
    expect(checkView(view())).toMatchObject({
      private_metadata: '',
      callback_id: '',
      notify_on_close: false,
    });
  });
});
