import assert from 'node:assert/strict';
import { test } from 'node:test';
import { durationText, relativeTimeText } from '../../../extension/src/pages/formatting.js';
import { T0 } from '../recording-fixture.js';

test('durations and instants as text', () => {
  assert.deepEqual([0, 1499, 59_400, 60_000, 3_599_999, 8_040_000].map(durationText), ['0 s', '1 s', '59 s', '1 min', '1 h 0 min', '2 h 14 min']);
  assert.equal(relativeTimeText(T0 - 300_000, T0), '5 min ago');
  assert.equal(relativeTimeText(T0 + 120_000, T0), 'in 2 min');
  assert.equal(relativeTimeText(T0 - 1000, T0), 'just now');
});
