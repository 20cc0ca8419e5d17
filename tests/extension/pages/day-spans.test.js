import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dateInputText, spanOfDays, spanText } from '../../../extension/src/pages/day-spans.js';

const at = (year, month, day, hour = 0) => new Date(year, month, day, hour).getTime();

test('a day is entered as the person’s clock shows it', () => {
  assert.equal(dateInputText(at(2025, 0, 3, 23)), '2025-01-03');
  assert.equal(dateInputText(at(2025, 10, 30)), '2025-11-30');
});

test('days are erased from midnight to midnight, the last one too', () => {
  assert.deepEqual(spanOfDays('2025-11-07', '2025-11-09'), { from: at(2025, 10, 7), to: at(2025, 10, 10) });
  assert.deepEqual(spanOfDays('2025-12-31', ''), { from: at(2025, 11, 31), to: at(2026, 0, 1) });
  assert.deepEqual(spanOfDays('', '2025-11-09'), { problem: 'Enter the first day.' });
  assert.deepEqual(spanOfDays('2025-11-09', '2025-11-08'), { problem: '“To” must be the same day as “From” or later.' });
});

test('one day and several days are named', () => {
  const [first, last] = [7, 9].map((day) => new Date(2025, 10, day).toLocaleDateString(undefined, { dateStyle: 'medium' }));
  assert.equal(spanText({ from: at(2025, 10, 7), to: at(2025, 10, 8) }), `the visits that began on ${first}`);
  assert.equal(spanText({ from: at(2025, 10, 7), to: at(2025, 10, 10) }), `the visits that began from ${first} to ${last}`);
});
