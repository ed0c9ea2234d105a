import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PropertyName } from '../../../src/core/names.ts';
import { type Form, readForm, readValues } from '../../../src/web/values/read-values.ts';

const field = PropertyName.parse('api-key');

async function sent(data: FormData): Promise<Form | undefined> {
  const response = new Response(data);
  return readForm(Buffer.from(await response.arrayBuffer()), response.headers.get('content-type') ?? '');
}

async function valueOf(data: FormData): Promise<string | undefined> {
  data.set('token', 't');
  const form = await sent(data);
  const brought = form === undefined ? undefined : await readValues(form, [field]);
  return brought?.state === 'good' ? brought.values.get(field)?.open() : undefined;
}

test('a file comes out with the bytes that went in', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ minLength: 1, unit: 'binary', maxLength: 300 }), async (text) => {
      const bytes = Buffer.from(text, 'utf8');
      const data = new FormData();
      data.set('file-0', new File([bytes], 'v'), 'v');
      data.set('end-0', 'keep');
      expect(await valueOf(data)).toBe(bytes.toString('utf8'));
    }),
    { numRuns: 200 },
  );
});

test('one line comes out as it went in', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ minLength: 1, unit: 'grapheme', maxLength: 200 }), async (text) => {
      fc.pre(!/[\r\n]/.test(text) && text.isWellFormed());
      const data = new FormData();
      data.set('line-0', text);
      expect(await valueOf(data)).toBe(text);
    }),
    { numRuns: 200 },
  );
});

test('no body, however broken, makes it throw or quote', async () => {
  const start = '--x\r\ncontent-disposition: form-data; name="token"\r\n\r\nt\r\n--x';
  const piece = fc.oneof(
    fc.constantFrom(
      '--x',
      '--x--',
      '\r\n',
      '\r\n\r\n',
      'content-disposition: form-data; name="line-0"',
      '; filename="a"',
      '"',
      '\0',
    ),
    fc.string({ maxLength: 30 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 25 }), fc.boolean(), async (pieces, begun) => {
      const body = Buffer.from((begun ? start : '') + pieces.join(''));
      const form = await readForm(body, 'multipart/form-data; boundary=x');
      if (form === undefined) return;
      const brought = await readValues(form, [field]);
      if (brought.state === 'wrong') expect(brought.problems.get(field)).toMatch(/^(?:is|was|ends|looks) /);
    }),
    { numRuns: 1_000 },
  );
});

test('a body that is cut anywhere is no form, or the same value', async () => {
  const data = new FormData();
  data.set('token', 't');
  data.set('line-0', 'CANARY-whole-value');
  const response = new Response(data);
  const whole = Buffer.from(await response.arrayBuffer());
  const type = response.headers.get('content-type') ?? '';
  for (let length = 0; length < whole.length; length += 1) {
    const form = await readForm(whole.subarray(0, length), type);
    const brought = form === undefined ? undefined : await readValues(form, [field]);
    if (brought?.state === 'good') expect(brought.values.get(field)?.open()).toBe('CANARY-whole-value');
  }
});
