import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryAfter } from '../../extension/src/sync-api.js';
import { cut, halves } from '../../extension/src/sync-batch.js';
import { FIRST_SCHEDULE, nextAttempt } from '../../extension/src/sync-schedule.js';
import { TIMINGS, timingsWith } from '../../extension/src/timings.js';
import { aggregateToWire, fates, limitsOf, pushBody, signedIn, tokensOf, visitToWire } from '../../extension/src/wire.js';

test('a visit in the words of the contract', () => {
  assert.deepEqual(visitToWire({
    id: 'pv_1', owner: 'x', tabId: 5, url: 'https://a.test/', domain: 'a.test', nameless: false, title: 'Alpha', startedAt: 1000, endedAt: 5000,
    durationMs: 4000, activeMs: 3000, idlePeriods: [{ startedAt: 2000, endedAt: 3000, reason: 'idle', resumedBy: 'active' }],
    heartbeatAt: 5000, closedAt: null, metadata: { language: 'en' }, revision: 3, pendingOf: 'x',
  }), {
    id: 'pv_1', tabId: 5, url: 'https://a.test/', domain: 'a.test', title: 'Alpha', startedAt: 1000, endedAt: 5000, duration: 4000,
    isActive: false, activeDuration: 3000, engagementRate: 0.75,
    idlePeriods: [{ start: 2000, end: 3000, reason: 'idle', durationMs: 1000, resumeReason: 'active' }],
    lastHeartbeat: 5000, metadata: { language: 'en' }, closedAt: null, revision: 3,
  });
});

test('a visit that goes on is active, and its open idle period has no end', () => {
  const wire = visitToWire({ endedAt: null, durationMs: 0, activeMs: 0, idlePeriods: [{ startedAt: 1, endedAt: null, reason: 'locked', resumedBy: null }] });
  assert.deepEqual([wire.isActive, wire.engagementRate, wire.idlePeriods], [true, 0, [{ start: 1, end: null, reason: 'locked', durationMs: null, resumeReason: null }]]);
});

test('an aggregate in the words of the contract', () => {
  assert.deepEqual(aggregateToWire({
    id: 'x', owner: 'x', tabId: 5, startedAt: 1000, activeMs: 7000, domains: { 'b.test': 3000, 'a.test': 4000 }, pages: 3, lastActiveAt: 9000,
    currentUrl: 'https://a.test/', currentDomain: 'a.test', closedAt: 9500, revision: 2,
  }), {
    tabId: 5, startTime: 1000, lastActiveTime: 9000, totalActiveDuration: 7000, domainDurations: { 'b.test': 3000, 'a.test': 4000 }, pageCount: 3,
    currentUrl: 'https://a.test/', currentDomain: 'a.test', statistics: { mostVisitedDomain: 'a.test', averagePageDuration: 2333 }, closedAt: 9500,
    revision: 2,
  });
});

test('a body is JSON, also with half an emoji in it', () => {
  const text = JSON.stringify({ title: 'a\ud83d' });
  const body = JSON.parse(pushBody('visits', [text, text], { anonymousClientId: 'c', platform: 'linux' }));
  assert.deepEqual(body, { anonymousClientId: 'c', client: { platform: 'linux' }, visits: [{ title: 'a\ud83d' }, { title: 'a\ud83d' }] });
});

test('a refusal without its errors is still a refusal', () => {
  assert.deepEqual(fates({ results: ['rejected'] }, [{ id: 'a', startedAt: 3, revision: 1 }], 5), [{ id: 'a', startedAt: 3, revision: 1, fate: 'parked', errors: {}, retryAt: null }]);
});

test('replies of another shape are none', () => {
  for (const reply of [null, [], 'x', {}, { maxRecords: '1000', maxBodyBytes: 1, maxRecordBytes: 1 }, { maxRecords: 0, maxBodyBytes: 1, maxRecordBytes: 1 }]) {
    assert.equal(limitsOf(reply), null);
    assert.equal(signedIn(reply), null);
    assert.equal(tokensOf(reply), null);
  }
});

test('Retry-After in seconds, as a date, and in no sense at all', () => {
  const now = Date.UTC(2025, 10, 17, 10, 0, 0);
  assert.equal(retryAfter('120', now), 120_000);
  assert.equal(retryAfter('Mon, 17 Nov 2025 10:01:00 GMT', now), 60_000);
  assert.equal(retryAfter('999999999', now), 86_400_000);
  for (const header of [null, '', 'soon', '-5', 'Mon, 17 Nov 2025 09:00:00 GMT']) assert.equal(retryAfter(header, now), null);
});

test('a batch holds at least one record, however large', () => {
  const limits = { maxRecords: 10, maxBodyBytes: 100 };
  assert.equal(cut([{ x: 'y'.repeat(500) }, { x: 'z' }], limits, (record) => record).length, 1);
});

test('halves of an odd batch lose nothing', () => {
  assert.deepEqual(halves([1, 2, 3]), [[1, 2], [3]]);
});

test('after a visit ends it is sent soon, but never before the time that the last run set', () => {
  assert.equal(nextAttempt(FIRST_SCHEDULE, true, 1000, TIMINGS), 6000);
  assert.equal(nextAttempt({ ...FIRST_SCHEDULE, notBefore: 61_000 }, true, 1000, TIMINGS), 61_000);
  assert.equal(nextAttempt({ ...FIRST_SCHEDULE, lastAttemptAt: 1000 }, false, 2000, TIMINGS), 301_000);
});

test('timings are shortened by name, and nonsense is ignored', () => {
  const timings = timingsWith({ heartbeatSeconds: 2, pulseSeconds: [0.5], idleSeconds: -1, keepSyncedDays: 'x', unknown: 5 });
  assert.deepEqual([timings.heartbeatSeconds, timings.pulseSeconds, timings.idleSeconds, timings.keepSyncedDays, timings.unknown], [2, [0.5], 60, 30, undefined]);
});
