import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryAfter } from '../../../extension/src/sync/api-call.js';

test('Retry-After is read in seconds and as a date, and ignored when invalid', () => {
  const now = Date.UTC(2025, 10, 17, 10, 0, 0);
  assert.equal(retryAfter('120', now), 120_000);
  assert.equal(retryAfter('Mon, 17 Nov 2025 10:01:00 GMT', now), 60_000);
  assert.equal(retryAfter('999999999', now), 86_400_000);
  for (const header of [null, '', 'soon', '-5', 'Mon, 17 Nov 2025 09:00:00 GMT']) assert.equal(retryAfter(header, now), null);
});
