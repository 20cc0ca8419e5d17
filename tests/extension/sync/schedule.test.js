import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FIRST_SCHEDULE, nextAttempt } from '../../../extension/src/sync/schedule.js';
import { TIMINGS } from '../../../extension/src/timings.js';

test('an ended visit is sent soon, but never before the schedule allows', () => {
  assert.equal(nextAttempt(FIRST_SCHEDULE, true, 1000, TIMINGS), 6000);
  assert.equal(nextAttempt({ ...FIRST_SCHEDULE, notBefore: 61_000 }, true, 1000, TIMINGS), 61_000);
  assert.equal(nextAttempt({ ...FIRST_SCHEDULE, lastAttemptAt: 1000 }, false, 2000, TIMINGS), 301_000);
});
