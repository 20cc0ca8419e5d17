import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { durationText, relativeTimeText } from '../../../extension/src/pages/formatting.js';
import { T0 } from '../recording-fixture.js';

/** The server's tests read the same cases. */
const CASES = JSON.parse(readFileSync(new URL('../../duration_cases.json', import.meta.url), 'utf8'));

test('a duration reads as on the dashboard', () => {
  for (const { ms, text } of CASES) assert.equal(durationText(ms), text);
});

test('instants as text', () => {
  assert.equal(relativeTimeText(T0 - 300_000, T0), '5 min ago');
  assert.equal(relativeTimeText(T0 + 120_000, T0), 'in 2 min');
  assert.equal(relativeTimeText(T0 - 1000, T0), 'just now');
});
