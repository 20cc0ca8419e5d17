import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutBatch, halves } from '../../../extension/src/sync/batches.js';

test('a batch holds at least one record, however large', () => {
  const limits = { maxRecords: 10, maxBodyBytes: 100 };
  assert.equal(cutBatch([{ x: 'y'.repeat(500) }, { x: 'z' }], limits, (record) => record).length, 1);
});

test('the halves of an odd batch hold all its records', () => {
  assert.deepEqual(halves([1, 2, 3]), [[1, 2], [3]]);
});
