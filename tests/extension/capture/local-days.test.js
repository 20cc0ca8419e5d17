import assert from 'node:assert/strict';
import { test } from 'node:test';
import { daySpan, hourParts, localDay } from '../../../extension/src/capture/local-days.js';

const HOUR_MS = 3_600_000;

/** Runs `work` on the clock of a time zone. */
function inZone(zone, work) {
  const before = process.env.TZ;
  process.env.TZ = zone;
  try {
    work();
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
}

test('a day is a day of local time', () => {
  assert.equal(localDay(new Date(2025, 10, 7, 23, 59).getTime()), 20251107);
});

test('a visit within an hour is one part, also one that ends at the full hour or has no length', () => {
  const start = new Date(2025, 10, 7, 23, 59, 50).getTime();
  const part = { day: 20251107, hour: 23, visits: 1 };
  assert.deepEqual(hourParts({ startedAt: start, durationMs: 10_000, activeMs: 7, idlePeriods: [] }), [{ ...part, activeMs: 7 }]);
  assert.deepEqual(hourParts({ startedAt: start, durationMs: 0, activeMs: 0, idlePeriods: [] }), [{ ...part, activeMs: 0 }]);
});

test('the parts of a visit over several days add up to its active time, however large', () => {
  const start = new Date(2025, 10, 7, 12).getTime();
  const days = 5 * 24 * HOUR_MS;
  for (const activeMs of [0, 1, 4, days - 1, days]) {
    const parts = hourParts({ startedAt: start, durationMs: days, activeMs, idlePeriods: [] });
    assert.deepEqual([...new Set(parts.map(({ day }) => day))], [20251107, 20251108, 20251109, 20251110, 20251111, 20251112]);
    assert.deepEqual(parts.map(({ hour }) => hour), Array.from({ length: 120 }, (_, place) => (12 + place) % 24));
    assert.equal(parts.reduce((sum, part) => sum + part.activeMs, 0), activeMs);
    assert.deepEqual(parts.map(({ visits }) => visits), [1, ...Array(119).fill(0)]);
  }
});

test('active time lies outside the parts away, from the start on', () => {
  const startedAt = new Date(2025, 10, 7, 22).getTime();
  const minutes = (count) => count * 60_000;
  const away = { startedAt: startedAt + minutes(30), endedAt: startedAt + minutes(80) };
  const parts = (activeMs, idlePeriods) =>
    hourParts({ startedAt, durationMs: 3 * HOUR_MS, activeMs, idlePeriods }).map((part) => part.activeMs / 60_000);
  assert.deepEqual(parts(minutes(100), [away]), [30, 40, 30]);
  assert.deepEqual(parts(minutes(15), [away]), [15, 0, 0]);
  assert.deepEqual(parts(minutes(15), []), [15, 0, 0]);
  assert.deepEqual(parts(minutes(30), [{ startedAt: startedAt + minutes(30), endedAt: null }]), [30, 0, 0]);
});

test('an hour that the clock repeats or skips ends, and is named as the clock shows it', () => {
  const hours = (zone, year, month, day, hour) => {
    let found;
    inZone(zone, () => {
      found = hourParts({ startedAt: new Date(year, month, day, hour).getTime(), durationMs: 5 * HOUR_MS, activeMs: 5 * HOUR_MS, idlePeriods: [] })
        .map((part) => [part.day % 100, part.hour, part.activeMs / 60_000]);
    });
    return found;
  };
  assert.deepEqual(hours('Europe/Berlin', 2025, 9, 26, 1), [[26, 1, 60], [26, 2, 60], [26, 2, 60], [26, 3, 60], [26, 4, 60]]);
  assert.deepEqual(hours('Europe/Berlin', 2025, 2, 30, 1), [[30, 1, 60], [30, 3, 60], [30, 4, 60], [30, 5, 60], [30, 6, 60]]);
  // Two hours are repeated at Troll, and half an hour on Lord Howe Island.
  assert.deepEqual(hours('Antarctica/Troll', 2025, 9, 26, 1), [[26, 1, 60], [26, 2, 60], [26, 1, 60], [26, 2, 60], [26, 3, 60]]);
  assert.deepEqual(hours('Australia/Lord_Howe', 2025, 3, 6, 0), [[6, 0, 60], [6, 1, 60], [6, 1, 30], [6, 2, 60], [6, 3, 60], [6, 4, 30]]);
});

test('a day lies between two midnights, also where it has 23 or 25 hours', () => {
  const hours = (zone, year, month, day) => {
    let found;
    inZone(zone, () => {
      const { from, to } = daySpan(year, month, day);
      found = (to - from) / HOUR_MS;
    });
    return found;
  };
  assert.equal(hours('UTC', 2025, 11, 31), 24);
  assert.equal(hours('Europe/Berlin', 2025, 2, 30), 23);
  assert.equal(hours('Europe/Berlin', 2025, 9, 26), 25);
});
