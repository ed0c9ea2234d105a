import { afterEach, expect, test } from 'vitest';
import { WorkQueue } from '../../../src/playground/kubernetes/work-queue.ts';
import { until } from './support.ts';

let queue: WorkQueue;
afterEach(() => queue.close());

test('a key in work is not worked on twice at the same time, and one added meanwhile comes again', async () => {
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  queue = new WorkQueue(2, (key) => {
    begun.push(key);
    return new Promise((resolve) => ends.push(resolve));
  });
  queue.add('a');
  queue.add('a');
  queue.add('a');
  queue.add('b');
  queue.add('c');
  expect(begun).toEqual(['a', 'b']);
  expect(queue.idle).toBe(false);
  ends[0]?.();
  await until(() => begun.length === 3);
  ends[1]?.();
  await until(() => begun.length === 4);
  expect(begun.toSorted()).toEqual(['a', 'a', 'b', 'c']);
  for (const end of ends) end();
  await until(() => queue.idle);
  expect(begun).toHaveLength(4);
});

test('of two times the earlier wins, and after a close nothing comes', async () => {
  const begun: string[] = [];
  queue = new WorkQueue(1, (key) => {
    begun.push(key);
    return Promise.resolve();
  });
  queue.add('a', 60_000);
  queue.add('a', 5);
  queue.add('a', 60_000);
  expect(queue.nextDue).toBeLessThanOrEqual(5);
  await until(() => begun.length === 1);
  expect(queue.nextDue).toBe(Number.POSITIVE_INFINITY);
  queue.add('b', 1);
  queue.close();
  queue.add('c');
  expect(queue.nextDue).toBe(Number.POSITIVE_INFINITY);
  expect(begun).toEqual(['a']);
});
