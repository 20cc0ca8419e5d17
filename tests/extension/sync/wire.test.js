import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aggregateToWire, limitsOf, pushBody, signedIn, tokensOf, verdictsOf, visitToWire } from '../../../extension/src/sync/wire.js';

/** @type {import('../../../extension/src/capture/visits-and-totals.js').Visit} */
const VISIT = {
  id: 'pv_1', owner: 'x', tabId: 5, url: 'https://a.test/', domain: 'a.test', nameless: false, title: 'Alpha', startedAt: 1000, endedAt: 5000,
  durationMs: 4000, activeMs: 3000, idlePeriods: [{ startedAt: 2000, endedAt: 3000, reason: 'idle', resumedBy: 'active' }],
  heartbeatAt: 5000, closedAt: null, metadata: { language: 'en' }, revision: 3,
};

test('a visit on the wire', () => {
  assert.deepEqual(visitToWire(VISIT), {
    id: 'pv_1', tabId: 5, url: 'https://a.test/', domain: 'a.test', title: 'Alpha', startedAt: 1000, endedAt: 5000, duration: 4000,
    isActive: false, activeDuration: 3000, engagementRate: 0.75,
    idlePeriods: [{ start: 2000, end: 3000, reason: 'idle', durationMs: 1000, resumeReason: 'active' }],
    lastHeartbeat: 5000, metadata: { language: 'en' }, closedAt: null, revision: 3,
  });
});

test('a visit that goes on is active, and its open idle period has no end', () => {
  const wire = visitToWire({
    ...VISIT, endedAt: null, durationMs: 0, activeMs: 0, idlePeriods: [{ startedAt: 1, endedAt: null, reason: 'locked', resumedBy: null }],
  });
  assert.deepEqual([wire.isActive, wire.engagementRate, wire.idlePeriods], [true, 0, [{ start: 1, end: null, reason: 'locked', durationMs: null, resumeReason: null }]]);
});

test('an aggregate on the wire', () => {
  assert.deepEqual(aggregateToWire({
    id: 'x', owner: 'x', tabId: 5, startedAt: 1000, activeMs: 7000, domains: { 'b.test': 3000, 'a.test': 4000 }, pages: 3, lastActiveAt: 9000,
    currentUrl: 'https://a.test/', currentDomain: 'a.test', closedAt: 9500, revision: 2,
  }), {
    tabId: 5, startTime: 1000, lastActiveTime: 9000, totalActiveDuration: 7000, domainDurations: { 'b.test': 3000, 'a.test': 4000 }, pageCount: 3,
    currentUrl: 'https://a.test/', currentDomain: 'a.test', statistics: { mostVisitedDomain: 'a.test', averagePageDuration: 2333 }, closedAt: 9500,
    revision: 2,
  });
});

test('a body with half an emoji is valid JSON', () => {
  const text = JSON.stringify({ title: 'a\ud83d' });
  const body = JSON.parse(pushBody('visits', [text, text], { anonymousClientId: 'c', platform: 'linux' }));
  assert.deepEqual(body, { anonymousClientId: 'c', client: { platform: 'linux' }, visits: [{ title: 'a\ud83d' }, { title: 'a\ud83d' }] });
});

test('a rejected record without errors is parked', () => {
  assert.deepEqual(verdictsOf({ results: ['rejected'] }, [{ id: 'a', startedAt: 3, revision: 1 }], 5), [{ id: 'a', startedAt: 3, revision: 1, verdict: 'parked', errors: {}, retryAt: null }]);
});

test('replies of another shape are refused', () => {
  for (const reply of [null, [], 'x', {}, { maxRecords: '1000', maxBodyBytes: 1, maxRecordBytes: 1 }, { maxRecords: 0, maxBodyBytes: 1, maxRecordBytes: 1 }]) {
    assert.equal(limitsOf(reply), null);
    assert.equal(signedIn(reply), null);
    assert.equal(tokensOf(reply), null);
  }
});
