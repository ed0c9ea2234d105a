import { expect, test } from 'vitest';
import { isNoDuration } from '../../src/kubernetes/go-duration.ts';
import { syncedVersionOf } from '../../src/kubernetes/synced-version.ts';

/* The values are what Go's fmt and crypto/sha3 gave for the same metadata. */
test.each([
  [{ generation: 1 }, '1-f47fe3c0b255b6dd8047cdffa772587bb829efe7a1cb70febeda2eb2'],
  [
    {
      generation: 3,
      annotations: { 'force-sync': 'op-1', 'a.b/c': 'x y' },
      labels: { app: 'jellyfin', Z: '1' },
    },
    '3-551f84907bff0101523260feb618a3aaa6714068c06020d849644a12',
  ],
  [
    { generation: 12, annotations: { note: 'größe ✓\nline' }, labels: {} },
    '12-c62b6cec1c7b589c4e1ca70536187482efc6bf902f80d747a56bd346',
  ],
])('the status that %o gets', (metadata, expected) => {
  expect(syncedVersionOf(metadata)).toBe(expected);
});

test.each(['0', '0s', '0h0m0s', '-5m', '+0', '0.0s', '00s', '0µs'])('%s is no time at all', (text) => {
  expect(isNoDuration(text)).toBe(true);
});

test.each(['1h', '0h1ns', '1.5h', '1m0s', '10s', '', 'soon'])('%s is some time', (text) => {
  expect(isNoDuration(text)).toBe(false);
});
