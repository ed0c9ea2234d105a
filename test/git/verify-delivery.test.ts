import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Delivery, verifyDelivery } from '../../src/git/verify-delivery.ts';

const secret = 'a webhook secret of the test';
const id = '72d3162e-cc78-11e3-81ab-4c9367dc0958';
const body = Buffer.from('{"action":"submitted"}');
const unseen = (): boolean => false;

function signed(host: Delivery['host'], more: Delivery['headers'] = {}): Delivery {
  const digest = createHmac('sha256', secret).update(body).digest('hex');
  const headers =
    host === 'github'
      ? { 'x-hub-signature-256': `sha256=${digest}`, 'x-github-delivery': id, 'x-github-event': 'push' }
      : { 'x-gitea-signature': digest, 'x-gitea-delivery': id, 'x-gitea-event': 'push' };
  return { host, body, headers: { ...headers, ...more } };
}

describe.each(['github', 'gitea'] as const)('a delivery of %s', (host) => {
  const [header, prefix] = host === 'github' ? ['x-hub-signature-256', 'sha256='] : ['x-gitea-signature', ''];

  test('is taken once', () => {
    expect(verifyDelivery(signed(host), secret, unseen)).toEqual({ state: 'taken', id, event: 'push' });
    expect(verifyDelivery(signed(host), secret, (each) => each === id)).toEqual({ state: 'again', id });
  });

  test.each<readonly [string, Delivery]>([
    ['has no signature', { ...signed(host), headers: {} }],
    ['has one of another form', signed(host, { [header]: `${prefix}0000` })],
    ['has one of another secret', signed(host, { [header]: prefix + 'a'.repeat(64) })],
    ['has another body', { ...signed(host), body: Buffer.from('{"action":"dismissed"}') }],
    ['has no id', signed(host, { [`x-${host}-delivery`]: undefined })],
    ['has a forged id', signed(host, { [`x-${host}-delivery`]: 'a b\nc' })],
  ])('is refused where it %s', (_what, delivery) => {
    expect(verifyDelivery(delivery, secret, unseen).state).toBe('refused');
  });

  test('is refused without a secret, even if it is signed with none', () => {
    const digest = createHmac('sha256', '').update(body).digest('hex');
    expect(verifyDelivery(signed(host, { [header]: prefix + digest }), '', unseen).state).toBe('refused');
  });

  test('is refused with any signature but the one', () => {
    const right = createHmac('sha256', secret).update(body).digest('hex');
    const digits = fc.string({
      unit: fc.constantFrom(...'0123456789abcdef'.split('')),
      minLength: 64,
      maxLength: 64,
    });
    fc.assert(
      fc.property(fc.oneof(digits, fc.string()), (given) => {
        fc.pre(given !== right);
        const verdict = verifyDelivery(signed(host, { [header]: prefix + given }), secret, unseen);
        expect(verdict.state).toBe('refused');
      }),
    );
  });
});
