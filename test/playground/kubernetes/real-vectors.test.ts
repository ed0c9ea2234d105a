import { expect, test } from 'vitest';
import type { KubeObject } from '../../../src/playground/kubernetes/api/kube-object.ts';
import { buildPath } from '../../../src/playground/kubernetes/operator/build-path.ts';
import { normaliseGoDuration } from '../../../src/playground/kubernetes/operator/go-duration.ts';
import {
  dataHash,
  objectHash,
  syncedVersion,
} from '../../../src/playground/kubernetes/operator/synced-version.ts';

// All of these were read off External Secrets 0.20.4 at work, but for the paths, which are its own comment's.

function withMetadata(metadata: object): KubeObject {
  return { apiVersion: '', kind: '', metadata: { generation: 2, ...metadata } } as KubeObject;
}

test.each([
  [{}, '2-f47fe3c0b255b6dd8047cdffa772587bb829efe7a1cb70febeda2eb2'],
  [{ annotations: { zz: '1' } }, '2-56f7306be0b79292d50c054693fe2e54a0d19e6ae9ee5da1f76e0316'],
  [
    { annotations: { zz: '1', aa: '2' }, labels: { l: '1' } },
    '2-35d5bcb2b6831deb9ef9add385fe55d1b2bb8a18b4df05dc415ce36e',
  ],
])('syncedResourceVersion of %j', (metadata, expected) => {
  expect(syncedVersion(withMetadata(metadata))).toBe(expected);
});

test('the hash of a Secret and the label of its owner', () => {
  expect(dataHash({ k: Buffer.from('one').toString('base64') })).toBe(
    'edd315f3ae8a65875ca93fa4af4c6f9c0721984abfc9fac1fc224c4d',
  );
  expect(objectHash('media/ok')).toBe('6ffee8507fb88095df31a0b575bf484e57fe330ecd11860af7a7c37b');
});

test.each([
  ['1h', '1h0m0s'],
  ['0', '0s'],
  ['90s', '1m30s'],
  ['1h30m', '1h30m0s'],
  ['500ms', '500ms'],
  ['1.5s', '1.5s'],
])('the interval %s becomes %s', (written, printed) => {
  expect(normaliseGoDuration(written)).toBe(printed);
});

test.each([
  ['secret/path', 'foo', 'secret/path/data/foo'],
  ['secret/path', 'secret/path/foo', 'secret/path/data/foo'],
  ['secret/path', 'secret/path/data/foo', 'secret/path/data/foo'],
  [undefined, 'secret/path/foo', 'secret/data/path/foo'],
  [undefined, 'secret/path/data/foo', 'secret/path/data/foo'],
])('the path of store %s and key %s', (store, key, path) => {
  expect(buildPath(store, key)).toBe(path);
});
