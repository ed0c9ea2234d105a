import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { format, inspect } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { describe, expect, test } from 'vitest';
import { ChatelaineError, describeUnknown } from '../../src/core/errors.ts';
import { SecretValue } from '../../src/core/secret-value.ts';
import { createLog } from '../../src/logging.ts';

const value = 'hunter2-CANARY';
const secret = new SecretValue(value);
/** The same object, where the types would forbid what carelessness or a library does. */
const asText = secret as unknown as string | number;

class Named extends SecretValue {}

/** Every road from an object to a string that this project, its libraries or a debugger's habit takes. */
const roads: Record<string, () => unknown> = {
  String: () => String(asText),
  template: () => `${asText}`,
  concatenation: () => '' + asText,
  'toString by Object': () => Object.prototype.toString.call(secret),
  toLocaleString: () => asText.toLocaleString(),
  'in an array': () => [secret].join(),
  JSON: () => JSON.stringify(secret),
  'JSON, nested, indented': () => JSON.stringify({ a: [{ b: secret }], [String(asText)]: secret }, null, 2),
  inspect: () => inspect(secret),
  'inspect, all of it': () =>
    inspect({ a: [new Map([[secret, secret]])] }, { showHidden: true, depth: null }),
  'inspect without customs': () => inspect(secret, { showHidden: true, customInspect: false, getters: true }),
  'inspect of a subclass': () => inspect(new Named(value), { showHidden: true }),
  format: () => format('%s %o %O %j %d %i', secret, secret, secret, secret, secret, secret),
  spread: () => inspect({ ...(secret as object) }),
  assign: () => JSON.stringify(Object.assign({}, secret)),
  keys: () =>
    [Object.keys(secret), Reflect.ownKeys(secret), Object.entries(secret)].flat().map(String).join(),
  descriptors: () => inspect(Object.getOwnPropertyDescriptors(secret), { showHidden: true }),
  structuredClone: () => inspect(structuredClone(secret), { showHidden: true }),
  'v8.serialize': () => serialize(secret).toString('latin1') + inspect(deserialize(serialize(secret))),
  'an error message': () => new Error(`${asText}`).stack,
  'an error cause': () => inspect(new Error('x', { cause: secret }), { showHidden: true, depth: null }),
  'a property of an error': () => inspect(Object.assign(new Error('x'), { secret }), { depth: null }),
  'a URL': () => new URL(`http://x/${asText}`).href,
  'form encoding': () => new URLSearchParams({ a: asText as string }).toString(),
  Date: () => String(new Date(asText)),
  Number: () => String(Number(asText)),
  Symbol: () => String(Symbol(asText)),
};

describe('SecretValue', () => {
  test.each(Object.entries(roads))('%s never gives the value', (_road, walk) => {
    const seen = String(walk());
    expect(seen).not.toContain('CANARY');
    expect(seen).not.toContain('hunter2');
  });

  test('console.log never gives the value', () => {
    const written: string[] = [];
    const stdout = new Writable({
      write(chunk: Buffer, _encoding, done) {
        written.push(chunk.toString());
        done();
      },
    });
    new Console({ stdout }).log('secret: %o', secret, { secret }, [secret]);
    expect(written.join('')).toContain('[secret]');
    expect(written.join('')).not.toContain('CANARY');
  });

  test('pino never gives the value, where types were forced aside too', () => {
    const lines: string[] = [];
    const log = createLog('trace', '0', { write: (line: string) => void lines.push(line) });
    log.trace({ reason: asText as string }, 'static');
    log.error({ err: Object.assign(new Error('x'), { secret }) } as never, 'static');
    log.info({ reason: describeUnknown(Object.assign(new Error(value), { name: value })) }, 'static');
    expect(lines).toHaveLength(3);
    expect(lines.join('')).not.toContain('CANARY');
  });

  test('it opens where it is opened, and can not be changed', () => {
    expect(secret.open()).toBe(value);
    expect(Object.isFrozen(secret)).toBe(true);
    expect(() => Object.assign(secret, { toString: () => 'x' })).toThrow(TypeError);
  });

  test('opening takes the very object: a copy of its methods opens nothing', () => {
    const copy = Object.create(SecretValue.prototype) as SecretValue;
    expect(() => copy.open()).toThrow(TypeError);
  });
});

describe('describeUnknown', () => {
  test.each([
    [
      new ChatelaineError({ code: 'vault-sealed', doing: 'x', wrong: value, state: 'x', next: 'x' }),
      'vault-sealed',
    ],
    [Object.assign(new Error(value), { code: 'ECONNREFUSED' }), 'Error ECONNREFUSED'],
    [new TypeError(value), 'TypeError'],
    [Object.assign(new Error('x'), { name: `${value}\n` }), 'Error'],
    [Object.assign(new Error('x'), { code: { toString: () => value } }), 'Error'],
    [value, 'string'],
    [undefined, 'undefined'],
    [{ message: value }, 'object'],
  ])('says the class and the system code only', (error, said) => {
    expect(describeUnknown(error)).toBe(said);
  });
});
