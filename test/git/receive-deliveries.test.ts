import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import type { RepositoryName } from '../../src/core/git-names.ts';
import { type LogFields, silentLog } from '../../src/core/log.ts';
import type { Receipt } from '../../src/core/ports/webhooks.ts';
import { receiveDeliveries } from '../../src/git/receive-deliveries.ts';

const secret = 'a webhook secret of the test';

interface Sent {
  readonly body?: unknown;
  readonly id?: string;
  readonly signedWith?: string;
}

function start(host: 'github' | 'gitea'): {
  send(sent?: Sent): Receipt;
  readonly looked: number[];
  readonly warned: LogFields[];
} {
  const looked: number[] = [];
  const warned: LogFields[] = [];
  const receiver = receiveDeliveries({
    host,
    repository: 'home/cluster' as RepositoryName,
    secret: () => secret,
    clock: { ...systemClock, monotonic: () => 0 },
    log: { ...silentLog, warn: (fields) => void warned.push(fields) },
    onProposal: (number) => void looked.push(number),
  });
  const usual = { repository: { full_name: 'Home/Cluster' }, pull_request: { number: 42 } };
  return {
    looked,
    warned,
    send({ body = usual, id = '72d3162e-cc78', signedWith = secret } = {}) {
      const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
      const digest = createHmac('sha256', signedWith).update(bytes).digest('hex');
      const headers =
        host === 'github'
          ? { 'x-hub-signature-256': `sha256=${digest}`, 'x-github-delivery': id, 'x-github-event': 'push' }
          : { 'x-gitea-signature': digest, 'x-gitea-delivery': id, 'x-gitea-event': 'push' };
      return receiver.receive(headers, bytes);
    },
  };
}

describe.each(['github', 'gitea'] as const)('deliveries of %s', (host) => {
  test('are a reason to look at the proposal, once each', () => {
    const { send, looked } = start(host);
    expect([send(), send(), send({ id: 'another-one' })]).toEqual(['taken', 'again', 'taken']);
    expect(looked).toEqual([42, 42]);
  });

  test('signed with another secret are refused, and told of once in a while', () => {
    const { send, looked, warned } = start(host);
    for (let times = 0; times < 5; times += 1) {
      expect(send({ signedWith: 'somebody else’s secret' })).toBe('refused');
    }
    expect(looked).toEqual([]);
    expect(warned).toEqual([{ reason: 'its signature is wrong', count: 1 }]);
    // A forged one uses nothing up.
    expect(send()).toBe('taken');
  });

  test('of another repository, of no proposal, or that are no JSON come to nothing', () => {
    const { send, looked } = start(host);
    const other = { repository: { full_name: 'home/other' }, pull_request: { number: 42 } };
    expect(send({ id: 'other-repository', body: other })).toBe('taken');
    expect(send({ id: 'no-proposal', body: { repository: { full_name: 'home/cluster' } } })).toBe('taken');
    expect(send({ id: 'no-json-at-all', body: 'payload=%7B%7D' })).toBe('unreadable');
    expect(looked).toEqual([]);
  });
});
