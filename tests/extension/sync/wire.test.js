import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aggregateToWire, limitsOf, pushBody, signedIn, todayOf, tokensOf, verdictsOf, visitToWire } from '../../../extension/src/sync/wire.js';

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

const hour = (more) => ({ weekday: 5, hour: 0, activeMs: 0, timeMs: 0, clockMs: 0, visits: 0, ...more });
const hoursReply = (...hours) => ({ from: '2025-11-07', to: '2025-11-07', timeZone: 'UTC', hours });
const sitesReply = (...sites) => ({ from: '2025-11-07', to: '2025-11-07', timeZone: 'UTC', total: sites.length, sites });

test('the day of a person on the server', () => {
  const day = todayOf(
    hoursReply(hour({ hour: 9, activeMs: 5000, timeMs: 6000, visits: 2 }), hour({ hour: 9, weekday: 6 }), hour({ hour: 10, activeMs: null, visits: 1 }), hour({ hour: 23, activeMs: 1000, timeMs: 1000 })),
    sitesReply({ domain: 'a.test', activeMs: 6000 }, { domain: 'b.test', activeMs: null }, { domain: 'c.test', activeMs: 0 }),
  );
  assert.deepEqual({ ...day, hours: day?.hours.flatMap((ms, n) => (ms ? [[n, ms]] : [])) }, {
    date: '2025-11-07', timeZone: 'UTC', activeMs: 6000, visits: 3, hours: [[9, 5000], [23, 1000]], top: [{ domain: 'a.test', activeMs: 6000 }],
    categories: Array(24).fill([]),
  });
});

test('the categories of an hour, where the server tells them', () => {
  const work = { category: 'work', name: 'Office', color: 2, activeMs: 4000 };
  const none = { category: null, name: 'No category', color: 0, activeMs: 1000 };
  const odd = [null, 7, { name: 'X', color: 'red', activeMs: 1 }, { name: 'X', color: 1, activeMs: 0 }, { color: 1, activeMs: 1 }];
  const day = todayOf(hoursReply(hour({ hour: 9, activeMs: 5000, categories: [work, none, ...odd] }), hour({ hour: 10, categories: 'all' })), sitesReply());
  assert.deepEqual(day?.categories[9], [work, none]);
  assert.deepEqual(day?.categories[10], []);
});

test('active time that is unknown for all visits of the day is unknown, and not 0', () => {
  assert.equal(todayOf(hoursReply(hour({ activeMs: null, visits: 2 }), hour({ hour: 1 })), sitesReply())?.activeMs, null);
  assert.equal(todayOf(hoursReply(hour({ activeMs: null, visits: 2 }), hour({ hour: 1, visits: 1 })), sitesReply())?.activeMs, 0);
  assert.equal(todayOf(hoursReply(hour({})), sitesReply())?.activeMs, 0);
});

test('a day that cannot be read, or two days, are none', () => {
  assert.equal(todayOf(hoursReply(), { ...sitesReply(), from: '2025-11-08' }), null);
  assert.equal(todayOf(hoursReply(hour({ hour: 24 })), sitesReply()), null);
  assert.equal(todayOf(hoursReply(hour({ visits: '3' })), sitesReply()), null);
  for (const reply of [null, {}, { code: 'not_found', detail: '' }]) assert.equal(todayOf(reply, sitesReply()), null);
});
