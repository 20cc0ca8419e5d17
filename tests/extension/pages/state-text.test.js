import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copyingText, recordingText } from '../../../extension/src/pages/state-text.js';
import { FIRST_SCHEDULE as schedule } from '../../../extension/src/sync/schedule.js';

const account = { email: 'alice@example.com', server: 'https://s.test', needsSignIn: false, ended: null };
const status = (more = {}, counts = {}) => ({
  account, mayReach: true, syncing: false, schedule, counts: { pending: 0, parked: 0, synced: 0, held: 0, pendingVisits: 0, ...counts }, ...more,
});

test('one sentence tells whether the extension records', () => {
  assert.equal(recordingText({ failure: null, pausedUntil: null }), 'Recording');
  assert.equal(recordingText({ failure: { name: 'Error', message: '' }, pausedUntil: 'resumed' }), 'Not recording');
  assert.equal(recordingText({ failure: null, pausedUntil: 'resumed' }), 'Paused until you resume');
  assert.match(recordingText({ failure: null, pausedUntil: 1_762_500_000_000 }), /^Paused until \d/);
});

test('the same sentence tells how the records stand with the server', () => {
  assert.equal(copyingText(status({ account: null })), ', in this browser only.');
  assert.equal(copyingText(status({ account: { ...account, needsSignIn: true } })), ', and waiting for you to sign in again.');
  assert.equal(copyingText(status({ syncing: true }, { pending: 4 })), ', and sending to your server.');
  assert.equal(copyingText(status({ schedule: { ...schedule, problem: { kind: 'wait', reason: 'network', detail: null } } })), ', but the server cannot be used now.');
  assert.equal(copyingText(status({ mayReach: false })), ', but the server cannot be used now.');
  assert.equal(copyingText(status({}, { pending: 1, parked: 2 })), ', and 1 record waits to be sent.');
  assert.equal(copyingText(status({}, { pending: 1200 })), ', and 1,200 records wait to be sent.');
  assert.equal(copyingText(status({}, { parked: 2 })), ', and your server refused 2 records.');
  assert.equal(copyingText(status()), ', and your server has everything.');
});
