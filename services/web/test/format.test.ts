import { expect, test } from 'vitest';
import { ago, seconds } from '../src/format.js';

test('durations are rounded once, so that no minute has 60 seconds and no hour 60 minutes', () => {
  const shown = [0.42, 9.6, 59.4, 59.7, 119.6, 125, 3_599.7, 4_800, 7_199].map(seconds);
  expect(shown).toEqual([
    '0.4 s',
    '10 s',
    '59 s',
    '1 min 00 s',
    '2 min 00 s',
    '2 min 05 s',
    '1 h 00 min',
    '1 h 20 min',
    '1 h 59 min',
  ]);
});

test('ages are told by their largest unit, those of days by the date', () => {
  const now = Date.parse('2026-01-02T12:00:00Z');
  expect(ago('2026-01-02T11:59:55Z', now)).toBe('just now');
  expect(ago('2026-01-02T11:55:40Z', now)).toBe('4 min ago');
  expect(ago('2026-01-02T09:00:00Z', now)).toBe('3 h ago');
  expect(ago('2025-12-24T09:00:00Z', now)).toBe('2025-12-24');
});
