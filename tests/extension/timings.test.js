import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timingsWith } from '../../extension/src/timings.js';

test('timings are replaced by name, and invalid values are ignored', () => {
  /** @type {any} */
  const timings = timingsWith({ heartbeatSeconds: 2, earlyHeartbeatSeconds: [0.5], idleSeconds: -1, keepSyncedDays: 'x', unknown: 5 });
  assert.deepEqual([timings.heartbeatSeconds, timings.earlyHeartbeatSeconds, timings.idleSeconds, timings.keepSyncedDays, timings.unknown], [2, [0.5], 60, 30, undefined]);
});
