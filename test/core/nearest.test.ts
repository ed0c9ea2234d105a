import { describe, expect, test } from 'vitest';
import { nearest } from '../../src/core/nearest.ts';

const names = ['media/jellyfin', 'media/sonarr', 'home/plex', 'api-key', 'tls'];

describe('the name that was meant', () => {
  test.each([
    ['media/jellfin', 'media/jellyfin'],
    ['media/jelyfin', 'media/jellyfin'],
    ['apy-key', 'api-key'],
    ['tsl', undefined],
    ['tl', 'tls'],
    ['media/radarr', undefined],
    ['', undefined],
    ['x'.repeat(10_000), undefined],
  ])('%s: %s', (typed, meant) => {
    expect(nearest(typed, names)).toBe(meant);
  });
});
