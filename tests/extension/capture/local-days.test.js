import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dayParts, localDay } from '../../../extension/src/capture/local-days.js';

test('a day is a day of local time', () => {
  assert.equal(localDay(new Date(2025, 10, 7, 23, 59).getTime()), 20251107);
});

test('a visit within a day is one part, also one that ends at midnight or has no length', () => {
  const start = new Date(2025, 10, 7, 23, 59, 50).getTime();
  assert.deepEqual(dayParts({ startedAt: start, durationMs: 10_000, activeMs: 7, idlePeriods: [] }), [{ day: 20251107, activeMs: 7, visits: 1 }]);
  assert.deepEqual(dayParts({ startedAt: start, durationMs: 0, activeMs: 0, idlePeriods: [] }), [{ day: 20251107, activeMs: 0, visits: 1 }]);
});

test('the parts of a visit over several days add up to its active time, however large', () => {
  const start = new Date(2025, 10, 7, 12).getTime();
  const days = 5 * 24 * 3_600_000;
  for (const activeMs of [0, 1, 4, days - 1, days]) {
    const parts = dayParts({ startedAt: start, durationMs: days, activeMs, idlePeriods: [] });
    assert.deepEqual(parts.map(({ day }) => day), [20251107, 20251108, 20251109, 20251110, 20251111, 20251112]);
    assert.equal(parts.reduce((sum, part) => sum + part.activeMs, 0), activeMs);
    assert.deepEqual(parts.map(({ visits }) => visits), [1, 0, 0, 0, 0, 0]);
  }
});

test('active time lies outside the parts away, from the start on', () => {
  const startedAt = new Date(2025, 10, 7, 23).getTime();
  const hour = 3_600_000;
  const away = { startedAt: startedAt + hour / 2, endedAt: startedAt + 2 * hour };
  const parts = (activeMs, idlePeriods) => dayParts({ startedAt, durationMs: 4 * hour, activeMs, idlePeriods }).map((part) => part.activeMs);
  assert.deepEqual(parts(2 * hour, [away]), [hour / 2, 1.5 * hour]);
  assert.deepEqual(parts(hour / 4, [away]), [hour / 4, 0]);
  assert.deepEqual(parts(hour / 4, []), [hour / 4, 0]);
  assert.deepEqual(parts(hour / 2, [{ startedAt: startedAt + hour / 2, endedAt: null }]), [hour / 2, 0]);
});
