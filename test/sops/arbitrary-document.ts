import fc from 'fast-check';
import { Document, Pair, Scalar, visit, YAMLMap, YAMLSeq } from 'yaml';
import type { Selection } from '../../src/core/ports/encrypter.ts';
import type { Read, ReadMap } from './read-sops.ts';

/** What a rule can select by, one of each kind. */
export const selections: readonly Selection[] = [
  { by: 'unencrypted_suffix', pattern: '_unencrypted' },
  { by: 'encrypted_suffix', pattern: '_secret' },
  { by: 'encrypted_regex', pattern: '^(data|stringData)$' },
  { by: 'unencrypted_regex', pattern: '^(kind|metadata)|name' },
  { by: 'encrypted_comment_regex', pattern: 'seal this' },
  { by: 'unencrypted_comment_regex', pattern: 'leave this' },
];

/** How a rule looks otherwise. */
const shapes = fc.record({
  selection: fc.constantFrom(...selections),
  macOnlyEncrypted: fc.boolean(),
  indent: fc.constantFrom(2, 3, 4, 8),
});

/** A document with what it holds: the text goes into the writer, the content must come out of a reader. */
export interface Sample {
  readonly text: string;
  readonly content: ReadMap;
  /** A comment stands at the end of a map or list: with rules that go by comments that is refused. */
  readonly endsInComment: boolean;
}

interface Drawn {
  readonly value: Read;
  readonly node: unknown;
}

/** Texts that readers like to take for something else, and texts that break layouts. */
const trickyTexts = [
  '',
  ' ',
  'null',
  '~',
  'yes',
  'No',
  'on',
  'true',
  'FALSE',
  '123',
  '-1.5e3',
  '1_000',
  '0x1F',
  '0777',
  '.inf',
  '12:30:45',
  '2024-01-01',
  '2024-01-01T00:00:00Z',
  '<<',
  '=',
  '- a',
  'a: b',
  'a #b',
  '# c',
  '---',
  '...',
  '*a',
  '&a',
  '!a',
  '%a',
  '@a',
  '`a',
  '|',
  '>',
  "it's",
  '"quoted"',
  'back\\slash',
  'ENC[AES256_GCM,data:,iv:,tag:,type:str]',
  'line\nline',
  'line\n',
  'line\n\n',
  '\nline',
  '  line\n  line',
  'line \nline',
  'tab\tline\n\tline',
  'carriage\r\nreturn',
  'größer 漢字',
  '😀\u0301',
  '\u2028\u0085\ufeff\u00a0',
  '\u0001\u007f',
  '-----BEGIN X-----\nAAAA\n-----END X-----\n',
];

const texts = fc.oneof(
  fc.constantFrom(...trickyTexts),
  fc.string({ unit: 'binary', maxLength: 20 }).filter((text) => text.isWellFormed()),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
);

const keys = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom('data', 'stringData', 'metadata', 'name', 'a_secret', 'b_unencrypted'),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom('10', '9', '1.5', 'on', 'true', 'a:b', 'a b', '"q"', '#x', 'größe', '-', ''),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
);

const textLeaf = fc
  .tuple(texts, fc.constantFrom('QUOTE_DOUBLE', 'QUOTE_SINGLE', 'BLOCK_LITERAL', 'BLOCK_FOLDED'))
  .map(([text, style]): Drawn => {
    const node = new Scalar(text);
    // What the other styles can't hold is left to the one that can.
    node.type = /[^\x20-\x7e\n]/.test(text) || /\s$|^\s/.test(text) ? 'QUOTE_DOUBLE' : (style as Scalar.Type);
    return { value: text, node };
  });

function plain(value: Read, source: string): Drawn {
  const node = new Scalar(source);
  node.type = 'PLAIN';
  return { value, node };
}

const wholes = fc
  .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
  .map((value) => plain({ number: String(value) }, String(value)));

const fractions = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .map(String)
  // Without a point or an exponent it is a whole number, perhaps one beyond 64 bits.
  .filter((source) => /[.e]/.test(source))
  .map((source) => plain({ number: source }, source));

const others = fc.constantFrom(
  plain(true, 'true'),
  plain(false, 'False'),
  plain(null, 'null'),
  plain(null, '~'),
  plain('yes', 'yes'),
  plain('2024-01-01', '2024-01-01'),
  plain('plain words', 'plain words'),
  plain({ number: '12.5' }, '12.50'),
  plain({ number: '-0.5' }, '-.5'),
);

const remarks = fc.option(fc.constantFrom(' a remark', ' seal this', ' leave this', 'two\n lines'), {
  freq: 5,
  nil: undefined,
});

const { map } = fc.letrec<{ tree: Drawn; map: Drawn; list: Drawn }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(textLeaf, wholes, fractions, others),
    tie('map'),
    tie('list'),
  ),
  list: fc
    .tuple(fc.array(fc.tuple(remarks, tie('tree')), { maxLength: 4 }), fc.boolean(), remarks)
    .map(([items, flow, end]): Drawn => {
      const node = new YAMLSeq();
      node.flow = flow && !items.some(([remark]) => remark !== undefined);
      node.items = items.map(([remark, item]) => commented(item.node, remark));
      if (end !== undefined && !node.flow && items.length > 0) node.comment = end;
      return { value: items.map(([, { value }]) => value), node };
    }),
  map: fc
    .tuple(
      fc.uniqueArray(fc.tuple(keys, remarks, tie('tree')), { maxLength: 5, selector: ([key]) => key }),
      remarks,
    )
    .map(([entries, end]): Drawn => {
      const node = new YAMLMap();
      node.items = entries.map(
        ([key, remark, { node: value }]) => new Pair(commented(keyNode(key), remark), value),
      );
      if (end !== undefined && entries.length > 0) node.comment = end;
      return { value: { map: entries.map(([key, , { value }]) => [key, value]) }, node };
    }),
}));

function keyNode(key: string): Scalar {
  const node = new Scalar(key);
  node.type = 'QUOTE_DOUBLE';
  return node;
}

function commented<T>(node: T, remark: string | undefined): T {
  if (remark !== undefined) (node as { commentBefore?: string }).commentBefore = remark;
  return node;
}

/** Documents of all shapes that a file can have. */
const samples: fc.Arbitrary<Sample> = map
  .filter(
    ({ value }) =>
      (value as ReadMap).map.length > 0 && (value as ReadMap).map.every(([key]) => key !== 'sops'),
  )
  .map(({ value, node }) => {
    const document = new Document(undefined, { schema: 'failsafe' });
    document.contents = node as typeof document.contents;
    let endsInComment = false;
    visit(document, {
      Collection: (_, { comment }) => {
        endsInComment ||= typeof comment === 'string';
      },
    });
    return { text: document.toString({ lineWidth: 0 }), content: value as ReadMap, endsInComment };
  });

/** Samples with rules that they can be encrypted by. */
export const cases = fc
  .tuple(samples, shapes)
  .filter(([{ endsInComment }, { selection }]) => !(endsInComment && selection.by.endsWith('comment_regex')));
