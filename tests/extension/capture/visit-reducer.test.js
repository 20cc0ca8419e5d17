import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endAbandonedVisits } from '../../../extension/src/capture/abandoned-visits.js';
import { firstState, focusDiffers } from '../../../extension/src/capture/visit-reducer.js';
import { RecordingFixture, T0 } from '../recording-fixture.js';

const A = 'https://a.test/';
const B = 'https://b.test/page';
const C = 'https://c.test/';

test('a page in front for a second or more is one visit', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(1, 'navigated', { tabId: 1, url: A });
  await fixture.at(11, 'navigated', { tabId: 1, url: B });
  await fixture.at(14, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 1, 11, 10], [B, 11, 14, 3]]);
});

test('a page in front for less than a second is none', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(1, 'navigated', { tabId: 1, url: A });
  await fixture.at(1.999, 'navigated', { tabId: 1, url: B });
  await fixture.at(2.999, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[B, 1.999, 2.999, 1]]);
});

test('a tab that stays in the background is never a visit', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(1, 'created', { tabId: 2, windowId: 1, active: false });
  await fixture.at(1, 'navigated', { tabId: 2, url: B });
  await fixture.at(60, 'removed', { tabId: 2 });
  assert.deepEqual(await fixture.visitRows(), []);
  assert.deepEqual(await fixture.aggregates(), []);
});

test('switching tabs ends one visit and begins the next, and coming back begins a third', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(0, 'created', { tabId: 2, windowId: 1, active: false });
  await fixture.at(0, 'navigated', { tabId: 2, url: B });
  await fixture.at(5, 'activated', { tabId: 2, windowId: 1 });
  await fixture.at(12, 'activated', { tabId: 1, windowId: 1 });
  await fixture.at(20, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 5, 5], [B, 5, 12, 7], [A, 12, 20, 8]]);
});

test('focus moving to another window of the browser ends one visit and begins the next', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(0, 'created', { tabId: 2, windowId: 2, active: true });
  await fixture.at(0, 'navigated', { tabId: 2, url: B });
  await fixture.at(5, 'focus', { windowId: null });
  await fixture.at(5, 'focus', { windowId: 2 });
  await fixture.at(9, 'focus', { windowId: 1 });
  await fixture.at(12, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 5, 5], [B, 5, 9, 4], [A, 9, 12, 3]]);
  assert.deepEqual((await fixture.visits())[0].idlePeriods, []);
});

test('leaving the browser is an idle period inside the visit', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(10, 'focus', { windowId: null });
  await fixture.at(40, 'focus', { windowId: 1 });
  await fixture.at(50, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 50, 20]]);
  assert.deepEqual((await fixture.visits())[0].idlePeriods, [
    { startedAt: T0 + 10_000, endedAt: T0 + 40_000, reason: 'unfocused', resumedBy: 'focused' },
  ]);
});

test('the browser\'s own answer wins over focus events that come late, both ways', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A, seenFocus: 1 });
  await fixture.at(10, 'heartbeat', { seenFocus: null });
  await fixture.at(20, 'focus', { windowId: null, seenFocus: 1 });
  await fixture.at(30, 'focus', { windowId: 1, seenFocus: null });
  await fixture.at(40, 'activated', { tabId: 1, windowId: 1, seenFocus: 1 });
  await fixture.at(50, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 50, 30]]);
});

test('the focus is looked at only where a change would matter', () => {
  const state = { ...firstState(T0), openTabId: 1, focusedId: 1 };
  assert.equal(focusDiffers(state, { seenFocus: 1 }), false);
  assert.equal(focusDiffers(state, {}), false);
  assert.equal(focusDiffers(state, { seenFocus: null }), true);
  assert.equal(focusDiffers({ ...state, focusedId: null }, { seenFocus: 1 }), true);
  assert.equal(focusDiffers({ ...state, focusedId: null, minimized: false }, { seenFocus: null, seenMinimized: true }), true);
  assert.equal(focusDiffers({ ...state, openTabId: null }, { seenFocus: null }), false);
  assert.equal(focusDiffers({ ...state, idle: 'idle' }, { seenFocus: null }), false);
});

test('a new window may have the focus before its first tab is known', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(5, 'focus', { windowId: 2 });
  await fixture.at(5.1, 'created', { tabId: 2, windowId: 2, active: true });
  await fixture.at(5.1, 'navigated', { tabId: 2, url: B });
  await fixture.at(9.1, 'removed', { tabId: 2 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 5.1, 5], [B, 5.1, 9.1, 4]]);
});

test('after the window in front is closed, the focused window is in front', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(0, 'created', { tabId: 2, windowId: 2, active: true });
  await fixture.at(0, 'navigated', { tabId: 2, url: B });
  await fixture.at(0, 'focus', { windowId: 2 });
  await fixture.at(5, 'removed', { tabId: 2 });
  await fixture.at(5, 'snapshot', { tabs: [{ tabId: 1, windowId: 1, active: true, url: A }], windows: [{ windowId: 1, focused: true }] });
  await fixture.at(9, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[B, 0, 5, 5], [A, 5, 9, 4]]);
});

test('focus on an unknown window, such as a private one, counts as away', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(10, 'focus', { windowId: 99 });
  await fixture.at(20, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 20, 10]]);
});

test('idle and locked are idle periods with their reasons, one after the other', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(10, 'idle', { idle: 'idle' });
  await fixture.at(30, 'idle', { idle: 'locked' });
  await fixture.at(60, 'idle', { idle: 'active' });
  await fixture.at(70, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 70, 20]]);
  assert.deepEqual((await fixture.visits())[0].idlePeriods, [
    { startedAt: T0 + 10_000, endedAt: T0 + 30_000, reason: 'idle', resumedBy: 'locked' },
    { startedAt: T0 + 30_000, endedAt: T0 + 60_000, reason: 'locked', resumedBy: 'active' },
  ]);
});

test('a visit that ends while the person is away ends its idle period', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(10, 'idle', { idle: 'idle' });
  await fixture.at(15, 'removed', { tabId: 1 });
  assert.deepEqual((await fixture.visits())[0].idlePeriods, [
    { startedAt: T0 + 10_000, endedAt: T0 + 15_000, reason: 'idle', resumedBy: 'visit_ended' },
  ]);
});

test('an audible page is watched, not idle, until its sound ends', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(1, 'updated', { tabId: 1, audible: true });
  await fixture.at(10, 'idle', { idle: 'idle' });
  await fixture.at(40, 'updated', { tabId: 1, audible: false });
  await fixture.at(60, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 60, 40]]);
});

test('a page with sound is watched beside another program, until it falls silent or its window is minimised', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(1, 'updated', { tabId: 1, audible: true });
  await fixture.at(10, 'focus', { windowId: null, seenMinimized: false });
  await fixture.at(15, 'idle', { idle: 'idle' });
  await fixture.at(40, 'heartbeat', { seenFocus: null, seenMinimized: true });
  await fixture.at(60, 'heartbeat', { seenFocus: null, seenMinimized: false });
  await fixture.at(70, 'updated', { tabId: 1, audible: false });
  await fixture.at(90, 'updated', { tabId: 1, audible: true });
  await fixture.at(95, 'idle', { idle: 'locked' });
  await fixture.at(99, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 99, 55]]);
});

test('a person may say that a page with sound is not watched while another program has the focus', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'presence', { soundCounts: false });
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(1, 'updated', { tabId: 1, audible: true });
  await fixture.at(10, 'focus', { windowId: null });
  await fixture.at(20, 'presence', { soundCounts: true });
  await fixture.at(30, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 30, 20]]);
});

test('a full-screen window is watched, not idle', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(10, 'idle', { idle: 'idle', fullscreen: true });
  await fixture.at(40, 'heartbeat', { fullscreen: false });
  await fixture.at(60, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 60, 40]]);
});

test('a locked screen is away even with sound in full screen', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(1, 'updated', { tabId: 1, audible: true });
  await fixture.at(10, 'idle', { idle: 'locked', fullscreen: true });
  await fixture.at(30, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 30, 10]]);
});

test('sound in a background tab does not make the person present', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(0, 'created', { tabId: 2, windowId: 1, active: false });
  await fixture.at(0, 'updated', { tabId: 2, audible: true });
  await fixture.at(10, 'idle', { idle: 'idle' });
  await fixture.at(30, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 30, 10]]);
});

test('a page that comes to the front behind a locked screen waits for the person', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(10, 'idle', { idle: 'locked' });
  await fixture.at(20, 'navigated', { tabId: 1, url: B });
  await fixture.at(90, 'idle', { idle: 'active' });
  await fixture.at(95, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 20, 10], [B, 90, 95, 5]]);
});

test('a reload and a jump within the page continue the visit', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(3, 'navigated', { tabId: 1, url: A });
  await fixture.at(5, 'navigated', { tabId: 1, url: `${A}#part`, sameDocument: true });
  await fixture.at(9, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 9, 9]]);
});

test('a route of an application is a page of its own, in the path or in the fragment', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(2, 'navigated', { tabId: 1, url: `${A}inbox`, sameDocument: true });
  await fixture.at(4, 'navigated', { tabId: 1, url: `${A}inbox#/letter/1`, sameDocument: true });
  await fixture.at(6, 'navigated', { tabId: 1, url: `${A}inbox#!letter/2`, sameDocument: true });
  await fixture.at(8, 'removed', { tabId: 1 });
  assert.deepEqual((await fixture.visitRows()).map(([url]) => url), [A, `${A}inbox`, `${A}inbox#/letter/1`, `${A}inbox#!letter/2`]);
});

test('an address that changes twice a second loses no time: the stay goes on under the address that lasts', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  for (let step = 1; step <= 20; step += 1) await fixture.at(step / 2, 'navigated', { tabId: 1, url: `${A}?t=${step}`, sameDocument: true });
  await fixture.at(15, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[`${A}?t=20`, 0, 15, 15]]);
  assert.deepEqual((await fixture.aggregates()).map((one) => [one.activeMs, one.pages, one.currentUrl]), [[15_000, 1, `${A}?t=20`]]);
});

test('a stay ends at a same-document change once its address was in front for a second', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(4, 'navigated', { tabId: 1, url: `${A}?q=b`, sameDocument: true });
  await fixture.at(4.3, 'navigated', { tabId: 1, url: `${A}?q=bo`, sameDocument: true });
  await fixture.at(4.6, 'navigated', { tabId: 1, url: `${A}?q=book`, sameDocument: true });
  await fixture.at(9, 'navigated', { tabId: 1, url: B });
  await fixture.at(12, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 4, 4], [`${A}?q=book`, 4, 9, 5], [B, 9, 12, 3]]);
});

test('an address that comes back within a second goes on as the same stay', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(4, 'navigated', { tabId: 1, url: `${A}menu`, sameDocument: true });
  await fixture.at(4.2, 'focus', { windowId: null });
  await fixture.at(4.6, 'navigated', { tabId: 1, url: A, sameDocument: true });
  await fixture.at(5, 'focus', { windowId: 1 });
  await fixture.at(9, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 9, 8.2]]);
  assert.deepEqual((await fixture.visits())[0].idlePeriods, [
    { startedAt: T0 + 4200, endedAt: T0 + 5000, reason: 'unfocused', resumedBy: 'focused' },
  ]);
  assert.deepEqual((await fixture.aggregates()).map((one) => [one.activeMs, one.pages, one.domains]), [[8200, 1, { 'a.test': 8200 }]]);
});

test('an error page is no page, and the one before it has ended', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(5, 'failed', { tabId: 1, url: B });
  // Browsers give an error page the URL that failed. A snapshot must not take it for the page.
  await fixture.at(6, 'snapshot', { tabs: [{ tabId: 1, windowId: 1, active: true, url: B }], windows: [{ windowId: 1, focused: true }] });
  await fixture.at(20, 'navigated', { tabId: 1, url: B });
  await fixture.at(25, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 5, 5], [B, 20, 25, 5]]);
});

test('browser pages and files are not recorded', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  for (const [i, url] of ['chrome://settings/', 'about:config', 'file:///etc/hosts', 'view-source:https://a.test/'].entries()) {
    await fixture.at(i * 5, 'navigated', { tabId: 1, url });
  }
  await fixture.at(60, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), []);
});

test('after a crash of the browser the visit ends at the last heartbeat', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(30, 'heartbeat');
  await fixture.restartBackground();
  await fixture.start(3600);
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 30, 30]]);
  const [aggregate] = await fixture.aggregates();
  assert.equal(aggregate.closedAt, T0 + 30_000);
});

test('a browser opened again within seconds of its crash does the same', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(30, 'heartbeat');
  await fixture.restartBackground();
  await fixture.start(33);
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 30, 30]]);
});

test('ten hours of sleep end the visit at the last heartbeat, and the wake-up begins another', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(30, 'heartbeat');
  await fixture.at(36_030, 'heartbeat');
  await fixture.at(36_040, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 30, 30], [A, 36_030, 36_040, 10]]);
});

test('a machine that wakes while nobody is there begins no visit until the person returns', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(10, 'idle', { idle: 'locked' });
  fixture.idle = 'locked';
  await fixture.at(7200, 'heartbeat');
  await fixture.at(14_400, 'heartbeat');
  await fixture.at(36_000, 'idle', { idle: 'active' });
  await fixture.at(36_005, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 10, 10], [A, 36_000, 36_005, 5]]);
});

test('an hour away from a running machine is an idle period and does not end the visit', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(10, 'idle', { idle: 'locked' });
  for (let seconds = 310; seconds < 3600; seconds += 300) await fixture.at(seconds, 'heartbeat');
  await fixture.at(3600, 'idle', { idle: 'active' });
  await fixture.at(3610, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 3610, 20]]);
});

test('a clock set back during a visit does not change its duration', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  fixture.clockShiftMs = -3_600_000;
  await fixture.at(20, 'heartbeat');
  await fixture.at(30, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 30, 30]]);
});

test('a clock set forward by less than the longest silence adds no time', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  fixture.clockShiftMs = 50_000;
  await fixture.at(20, 'heartbeat');
  await fixture.at(30, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 30, 30]]);
});

test('a clock set back while the background was stopped counts no negative time', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(10, 'heartbeat');
  await fixture.restartBackground();
  fixture.clockShiftMs = -3_600_000;
  await fixture.at(20, 'heartbeat');
  await fixture.at(30, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 20, 20]]);
});

test('a clock set forward by an hour takes no measured time away', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(10, 'heartbeat');
  fixture.clockShiftMs = 3_600_000;
  await fixture.at(30, 'heartbeat');
  await fixture.at(40, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 30, 30], [A, 3630, 3640, 10]]);
});

test('a clock set forward splits no stay where the ticks tell it from sleep', async () => {
  const fixture = await RecordingFixture.open();
  const ticksInSleep = true;
  await fixture.start(0, { ticksInSleep });
  await fixture.at(0, 'navigated', { tabId: 1, url: A, ticksInSleep });
  await fixture.at(10, 'heartbeat', { ticksInSleep });
  fixture.clockShiftMs = 3_600_000;
  await fixture.at(30, 'heartbeat', { ticksInSleep });
  await fixture.at(40, 'heartbeat', { ticksInSleep });
  await fixture.at(36_000, 'removed', { tabId: 1, ticksInSleep });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 40, 40]]);
});

test('an extension that is switched off and on again keeps the totals, and counts no time that it did not see', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(10, 'heartbeat');
  await fixture.restartBackground();
  const tabs = [{ tabId: 1, windowId: 1, active: true, url: A }];
  const windows = [{ windowId: 1, focused: true, last: true }];
  await fixture.at(40, 'start', { fresh: true, reinstalled: true, unseen: true, idle: 'active', tabs, windows });
  await fixture.at(50, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 10, 10], [A, 40, 50, 10]]);
  assert.deepEqual((await fixture.aggregates()).map((one) => [one.startedAt - T0, one.activeMs, one.pages]), [[0, 20_000, 2]]);
});

test('an update of the extension neither closes the tabs nor loses the time before it', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(10, 'heartbeat');
  await fixture.restartBackground();
  const tabs = [{ tabId: 1, windowId: 1, active: true, url: A }];
  const windows = [{ windowId: 1, focused: true, last: true }];
  await fixture.at(20, 'start', { fresh: true, reinstalled: true, idle: 'active', tabs, windows });
  await fixture.at(30, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 30, 30]]);
  assert.deepEqual((await fixture.aggregates()).map((one) => [one.startedAt - T0, one.activeMs]), [[0, 30_000]]);
});

test('after an update together with a restart of the browser, the old tabs are closed', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(10, 'heartbeat');
  await fixture.restartBackground();
  await fixture.start(20, { reinstalled: true });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 10, 10]]);
});

test('a title that blinks in a tab left behind changes its ended visit once at most', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(1, 'updated', { tabId: 1, title: 'Chat' });
  await fixture.at(5, 'created', { tabId: 2, windowId: 1, active: true });
  for (let seconds = 6; seconds < 60; seconds += 1) await fixture.at(seconds, 'updated', { tabId: 1, title: seconds % 2 ? 'Chat' : '(1) Chat' });
  const [{ revision }] = await fixture.visits();
  assert.equal(revision, 2);
});

test('a visit that nobody will end is ended at its last sign of life and sent again', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(30, 'heartbeat');
  const [open] = await fixture.visits();
  await fixture.store.settle('visits', '', [{ ...open, verdict: 'stored' }], T0);
  assert.equal(await endAbandonedVisits(fixture.store, open.id, T0 + 60_000), 0);
  assert.equal(await endAbandonedVisits(fixture.store, null, T0 + 60_000), 1);
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 30, 30]]);
  const pending = /** @type {any} */ ((await fixture.store.pending('visits', '', 10))[0]);
  assert.deepEqual([pending.revision, pending.endedAt], [open.revision + 1, T0 + 30_000]);
});

test('a clock that jumps back and forth never adds time', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  for (let seconds = 1; seconds <= 60; seconds += 1) {
    fixture.clockShiftMs = seconds % 2 ? 45_000 : -45_000;
    await fixture.at(seconds, 'heartbeat');
  }
  await fixture.at(61, 'removed', { tabId: 1 });
  const active = (await fixture.visits()).reduce((sum, visit) => sum + visit.activeMs, 0);
  assert.ok(active <= 61_000, `${active} ms active in 61 s`);
  assert.ok(active >= 30_000, `${active} ms active in 61 s`);
});

test('two tabs in one millisecond have visits and aggregates of their own', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'created', { tabId: 2, windowId: 1, active: true });
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(0, 'navigated', { tabId: 2, url: A });
  await fixture.at(2, 'activated', { tabId: 1, windowId: 1 });
  await fixture.at(4, 'removed', { tabId: 1 });
  await fixture.at(4, 'removed', { tabId: 2 });
  const visits = await fixture.visits();
  assert.equal(new Set(visits.map(({ id }) => id)).size, 2);
  assert.deepEqual((await fixture.aggregates()).map((one) => [one.tabId, one.activeMs]), [[1, 2000], [2, 2000]]);
});

test('a tab id used again after a restart starts a new aggregate', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(10, 'heartbeat');
  await fixture.restartBackground();
  await fixture.start(20);
  await fixture.at(20, 'navigated', { tabId: 1, url: A });
  await fixture.at(25, 'removed', { tabId: 1 });
  assert.deepEqual((await fixture.aggregates()).map((one) => [one.tabId, one.startedAt - T0, one.activeMs, one.pages]), [
    [1, 0, 10_000, 1], [1, 20_000, 5000, 1],
  ]);
});

test('an aggregate is the sum of its visits after any number of heartbeats', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  for (const seconds of [1, 2, 3, 4, 5]) await fixture.at(seconds, 'heartbeat');
  await fixture.at(6, 'navigated', { tabId: 1, url: C });
  await fixture.at(6.5, 'navigated', { tabId: 1, url: B });
  await fixture.at(9, 'heartbeat');
  await fixture.at(10, 'removed', { tabId: 1 });
  const [aggregate] = await fixture.aggregates();
  assert.deepEqual(aggregate.domains, { 'a.test': 6000, 'b.test': 3500 });
  assert.equal(aggregate.activeMs, 9500);
  assert.equal(aggregate.pages, 2);
  assert.equal(aggregate.closedAt, T0 + 10_000);
  assert.equal(aggregate.currentUrl, B);
});

test('a title that arrives late raises the revision of an ended visit', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(0, 'created', { tabId: 2, windowId: 1, active: false });
  await fixture.at(5, 'activated', { tabId: 2, windowId: 1 });
  const before = (await fixture.visits())[0];
  await fixture.at(8, 'updated', { tabId: 1, title: 'Alpha' });
  const after = (await fixture.visits())[0];
  assert.deepEqual([before.title, before.revision, after.title, after.revision], ['', 1, 'Alpha', 2]);
  assert.deepEqual([after.endedAt, after.durationMs], [before.endedAt, 5000]);
});

test('a title of the next page is not given to the visit before it', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(1, 'updated', { tabId: 1, title: 'Alpha' });
  await fixture.at(5, 'navigated', { tabId: 1, url: B });
  await fixture.at(6, 'updated', { tabId: 1, title: 'Beta' });
  await fixture.at(9, 'removed', { tabId: 1 });
  assert.deepEqual((await fixture.visits()).map(({ title }) => title), ['Alpha', 'Beta']);
});

test('a very long title is cut', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: B });
  await fixture.at(0.1, 'updated', { tabId: 1, title: 'x'.repeat(5000) });
  await fixture.at(5, 'removed', { tabId: 1 });
  assert.equal((await fixture.visits())[0].title.length, 1024);
});

test('a URL shown in place of a title is not kept as the title', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: B });
  await fixture.at(0.1, 'updated', { tabId: 1, title: 'b.test/page' });
  await fixture.at(5, 'removed', { tabId: 1 });
  assert.equal((await fixture.visits())[0].title, '');
});

const titles = (visits) => visits.map(({ url, title }) => [url, title]);

test('a title set just before `pushState` belongs to the new address', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(1, 'updated', { tabId: 1, title: 'Inbox', url: A });
  await fixture.at(5, 'updated', { tabId: 1, title: 'Letter', url: A });
  await fixture.at(5.01, 'navigated', { tabId: 1, url: `${A}letter`, sameDocument: true });
  await fixture.at(9, 'removed', { tabId: 1 });
  assert.deepEqual(titles(await fixture.visits()), [[A, 'Inbox'], [`${A}letter`, 'Letter']]);
});

test('a title set before `pushState` in a background tab leaves the ended visit as well', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(1, 'updated', { tabId: 1, title: 'Inbox', url: A });
  await fixture.at(4, 'created', { tabId: 2, windowId: 1, active: true });
  await fixture.at(5, 'updated', { tabId: 1, title: 'Letter', url: A });
  await fixture.at(5.01, 'navigated', { tabId: 1, url: `${A}letter`, sameDocument: true });
  assert.deepEqual(titles(await fixture.visits()), [[A, 'Inbox']]);
});

test('the title of a page that must not be recorded is stored with no other page, in whichever order it comes', async () => {
  const secret = `${A}private/plan`;
  for (const order of ['before', 'after', 'read']) {
    const fixture = await RecordingFixture.open();
    await fixture.start();
    await fixture.at(0, 'rules', { rules: { never: ['a.test/private'], domainOnly: [], stripQuery: [] }, tabs: fixture.tabs, windows: fixture.windows });
    await fixture.at(0, 'navigated', { tabId: 1, url: A });
    if (order === 'before') await fixture.at(3, 'updated', { tabId: 1, title: 'Secret', url: A });
    await fixture.at(3.01, 'navigated', { tabId: 1, url: secret, sameDocument: true });
    if (order === 'after') await fixture.at(3.02, 'updated', { tabId: 1, title: 'Secret', url: secret });
    await fixture.at(6, 'navigated', { tabId: 1, url: `${A}public`, sameDocument: true });
    const tabs = [{ tabId: 1, windowId: 1, active: true, url: `${A}public`, title: 'Secret' }];
    await fixture.at(7, 'snapshot', { tabs, windows: [{ windowId: 1, focused: true }] });
    await fixture.at(9, 'removed', { tabId: 1 });
    assert.deepEqual(titles(await fixture.visits()), [[A, ''], [`${A}public`, '']], order);
    assert.doesNotMatch(JSON.stringify([...(await fixture.store.loadCapture()).tabs]), /secret/i, order);
  }
});

test('a jump within the page that changes the title is a page of its own, as in a mail program', async () => {
  for (const titleFirst of [false, true]) {
    const fixture = await RecordingFixture.open();
    await fixture.start();
    await fixture.at(0, 'navigated', { tabId: 1, url: `${A}#inbox` });
    await fixture.at(0.5, 'updated', { tabId: 1, title: 'Inbox', url: `${A}#inbox` });
    const jump = () => fixture.at(5, 'navigated', { tabId: 1, url: `${A}#inbox/1`, sameDocument: true });
    const title = () => fixture.at(5, 'updated', { tabId: 1, title: 'Letter', url: `${A}#inbox${titleFirst ? '' : '/1'}` });
    await (titleFirst ? title().then(jump) : jump().then(title));
    await fixture.at(9, 'removed', { tabId: 1 });
    assert.deepEqual(titles(await fixture.visits()), [[`${A}#inbox`, 'Inbox'], [`${A}#inbox/1`, 'Letter']]);
    assert.deepEqual((await fixture.visitRows()).map(([, start, end]) => [start, end]), [[0, 5], [5, 9]]);
  }
});

test('a title that comes before its navigation waits for it', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(1, 'updated', { tabId: 1, title: 'Alpha', url: A });
  await fixture.at(4, 'updated', { tabId: 1, title: 'Beta', url: B });
  await fixture.at(4.1, 'navigated', { tabId: 1, url: B });
  await fixture.at(9, 'removed', { tabId: 1 });
  assert.deepEqual(titles(await fixture.visits()), [[A, 'Alpha'], [B, 'Beta']]);
});

test('the title of an error page is given to no page', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'failed', { tabId: 1, url: B });
  await fixture.at(0.1, 'updated', { tabId: 1, title: 'Problem loading page', url: B });
  await fixture.at(3, 'navigated', { tabId: 1, url: B });
  await fixture.at(9, 'removed', { tabId: 1 });
  assert.deepEqual(titles(await fixture.visits()), [[B, '']]);
});

test('metadata belongs to the page it was read from, also when the person returns to it', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(0, 'created', { tabId: 2, windowId: 1, active: false });
  await fixture.at(1, 'metadata', { tabId: 1, url: B, metadata: { language: 'de' } });
  await fixture.at(2, 'metadata', { tabId: 1, url: A, metadata: { language: 'en' } });
  await fixture.at(3, 'activated', { tabId: 2, windowId: 1 });
  await fixture.at(4, 'activated', { tabId: 1, windowId: 1 });
  await fixture.at(6, 'removed', { tabId: 1 });
  assert.deepEqual((await fixture.visits()).map(({ metadata }) => metadata), [{ language: 'en' }, { language: 'en' }]);
});

test('the last visit of a closed tab holds the time of closing', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(0, 'created', { tabId: 2, windowId: 1, active: false });
  await fixture.at(5, 'activated', { tabId: 2, windowId: 1 });
  await fixture.at(9, 'removed', { tabId: 1 });
  const [visit] = await fixture.visits();
  assert.deepEqual([visit.endedAt, visit.closedAt, visit.revision], [T0 + 5000, T0 + 9000, 2]);
});

test('a stay goes on in a tab to which the browser gives another id, as when it discards the page', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(5, 'replaced', { oldTabId: 1, tabId: 7 });
  await fixture.at(5, 'activated', { tabId: 7, windowId: 1 });
  await fixture.at(6, 'navigated', { tabId: 7, url: A });
  await fixture.at(9, 'navigated', { tabId: 7, url: B });
  await fixture.at(12, 'removed', { tabId: 7 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 9, 9], [B, 9, 12, 3]]);
  assert.deepEqual((await fixture.visits()).map(({ tabId, closedAt }) => [tabId, closedAt]), [[1, null], [1, T0 + 12_000]]);
  assert.deepEqual((await fixture.aggregates()).map((one) => [one.tabId, one.activeMs, one.pages]), [[1, 12_000, 2]]);
});

test('a tab left behind keeps its totals when the browser discards it', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(5, 'created', { tabId: 2, windowId: 1, active: true });
  await fixture.at(6, 'replaced', { oldTabId: 1, tabId: 7 });
  await fixture.at(8, 'activated', { tabId: 7, windowId: 1 });
  await fixture.at(8.1, 'navigated', { tabId: 7, url: A });
  await fixture.at(12, 'removed', { tabId: 7 });
  assert.deepEqual((await fixture.aggregates()).map((one) => [one.tabId, one.activeMs, one.pages]), [[1, 9000, 2]]);
});

/** The tabs after tab 1 was torn off from window 1, where tab 2 was beside it. */
const TORN = {
  tabs: [{ tabId: 1, windowId: 2, active: true, url: A }, { tabId: 2, windowId: 1, active: true, url: B }],
  windows: [{ windowId: 1, focused: true }, { windowId: 2, focused: false }],
};

test('a tab that is torn off into a window of its own is one stay, in the order of events of either browser', async () => {
  for (const order of ['chromium', 'firefox']) {
    const fixture = await RecordingFixture.open();
    await fixture.start();
    await fixture.at(0, 'navigated', { tabId: 1, url: A });
    await fixture.at(0, 'created', { tabId: 2, windowId: 1, active: false });
    await fixture.at(0, 'navigated', { tabId: 2, url: B });
    await fixture.at(5, 'detached', { tabId: 1 });
    if (order === 'chromium') await fixture.at(5, 'activated', { tabId: 2, windowId: 1, seenFocus: 1 });
    await fixture.at(5.02, 'attached', { tabId: 1, windowId: 2, ...TORN });
    await fixture.at(5.03, 'focus', { windowId: null });
    await fixture.at(5.04, 'focus', { windowId: 2, seenFocus: 2 });
    if (order === 'firefox') await fixture.at(5.05, 'activated', { tabId: 2, windowId: 1, seenFocus: 2 });
    await fixture.at(5.05, 'activated', { tabId: 1, windowId: 2, seenFocus: 2 });
    await fixture.at(6.5, 'snapshot', { ...TORN, seenFocus: 2 });
    await fixture.at(9, 'removed', { tabId: 1 });
    assert.deepEqual((await fixture.visitRows()).map((row) => row.slice(0, 3)), [[A, 0, 9]], order);
    assert.ok((await fixture.visits())[0].activeMs >= 8900);
    assert.deepEqual((await fixture.aggregates()).map((one) => [one.tabId, one.pages]), [[1, 1]]);
  }
});

test('a tab that is moved to another window and then brought to the front there is one stay', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(0, 'created', { tabId: 2, windowId: 1, active: false });
  await fixture.at(0, 'navigated', { tabId: 2, url: B });
  await fixture.at(5, 'detached', { tabId: 1 });
  await fixture.at(5, 'activated', { tabId: 2, windowId: 1 });
  await fixture.at(5.6, 'activated', { tabId: 1, windowId: 2 });
  await fixture.at(5.6, 'focus', { windowId: 2 });
  await fixture.at(9, 'heartbeat');
  await fixture.at(10, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 10, 10]]);
  assert.deepEqual((await fixture.aggregates()).map((one) => [one.tabId, one.activeMs, one.pages]), [[1, 10_000, 1]]);
});

test('a tab that is moved behind another one ends its stay', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(0, 'created', { tabId: 2, windowId: 1, active: false });
  await fixture.at(0, 'navigated', { tabId: 2, url: B });
  await fixture.at(5, 'detached', { tabId: 1 });
  await fixture.at(5, 'activated', { tabId: 2, windowId: 1, seenFocus: 1 });
  const tabs = [{ tabId: 1, windowId: 2, active: false, url: A }, { tabId: 2, windowId: 1, active: true, url: B }, { tabId: 3, windowId: 2, active: true, url: C }];
  await fixture.at(5, 'attached', { tabId: 1, windowId: 2, tabs, windows: TORN.windows });
  await fixture.at(9, 'removed', { tabId: 2 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 5, 5], [B, 5, 9, 4]]);
});

test('a tab that is torn off behind the window in front ends its stay', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(0, 'created', { tabId: 2, windowId: 1, active: false });
  await fixture.at(0, 'navigated', { tabId: 2, url: B });
  await fixture.at(5, 'detached', { tabId: 1 });
  await fixture.at(5, 'activated', { tabId: 2, windowId: 1, seenFocus: 1 });
  await fixture.at(5, 'attached', { tabId: 1, windowId: 2, ...TORN });
  await fixture.at(6, 'snapshot', { ...TORN, seenFocus: 1 });
  await fixture.at(9, 'removed', { tabId: 2 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 5, 5], [B, 5, 9, 4]]);
});

test('an empty page and the source of a page do not go on as the page before them', async () => {
  for (const url of ['about:blank', `view-source:${A}`, 'about:srcdoc', 'data:text/html,x', `blob:${A}1`, 'chrome-extension://abc/viewer.html', 'chrome://new-tab-page/']) {
    const fixture = await RecordingFixture.open();
    await fixture.start();
    await fixture.at(0, 'navigated', { tabId: 1, url: A });
    await fixture.at(5, 'navigated', { tabId: 1, url });
    await fixture.at(60, 'removed', { tabId: 1 });
    assert.deepEqual(await fixture.visitRows(), [[A, 0, 5, 5]], url);
  }
});

test('the reader view is a reading of the page, and one stay with it', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: B });
  await fixture.at(1, 'updated', { tabId: 1, title: 'Beta', url: B });
  await fixture.at(5, 'navigated', { tabId: 1, url: `about:reader?url=${encodeURIComponent(B)}` });
  await fixture.at(20, 'navigated', { tabId: 1, url: B });
  await fixture.at(25, 'navigated', { tabId: 1, url: 'about:reader?url=about%3Aconfig' });
  await fixture.at(30, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[B, 0, 25, 25]]);
  assert.equal((await fixture.visits())[0].title, 'Beta');
});

test('a crashed page is not read: its stay ends at the last sign of life, until it is loaded again', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(30, 'heartbeat');
  await fixture.at(60, 'heartbeat', { goneTabId: 1 });
  await fixture.at(90, 'snapshot', { tabs: [{ tabId: 1, windowId: 1, active: true, url: A }], windows: [{ windowId: 1, focused: true }] });
  await fixture.at(120, 'heartbeat', { goneTabId: 1 });
  await fixture.at(150, 'navigated', { tabId: 1, url: A });
  await fixture.at(160, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 30, 30], [A, 150, 160, 10]]);
});

test('a document that was never committed is the report of a crash', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A, documentId: 'one' });
  await fixture.at(0.1, 'updated', { tabId: 1, title: 'a.test', url: A, documentId: 'one' });
  await fixture.at(0.2, 'updated', { tabId: 1, title: 'Alpha', url: A });
  await fixture.at(9, 'updated', { tabId: 1, title: 'a.test', url: A, documentId: 'two' });
  await fixture.at(9.1, 'updated', { tabId: 1, title: 'Tab crash reporter', url: A });
  await fixture.at(60, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 9, 9]]);
  assert.equal((await fixture.visits())[0].title, 'Alpha');
});

test('a pause ends the visit and stores no page, and its end begins a visit of the page in front', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(5, 'pause', { until: T0 + 3_605_000 });
  await fixture.at(6, 'navigated', { tabId: 1, url: 'https://secret.test/' });
  await fixture.at(7, 'updated', { tabId: 1, title: 'Secret' });
  const { state, tabs } = await fixture.store.loadCapture();
  assert.doesNotMatch(JSON.stringify([state, [...tabs]]), /secret/i);
  await fixture.at(3605, 'pause', { until: null, tabs: [{ tabId: 1, windowId: 1, active: true, url: B, title: 'Beta' }], windows: [{ windowId: 1, focused: true }] });
  await fixture.at(3610, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 5, 5], [B, 3605, 3610, 5]]);
});

test('a pause until resumed survives a restart of the browser', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(5, 'pause', { until: 'resumed' });
  await fixture.restartBackground();
  await fixture.start(10);
  await fixture.at(11, 'navigated', { tabId: 1, url: A });
  await fixture.at(30, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), []);
});

test('a new `never` rule ends the site\'s visit and removes it from the state', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  const tabs = [{ tabId: 1, windowId: 1, active: true, url: A, title: 'Alpha' }];
  const windows = [{ windowId: 1, focused: true }];
  await fixture.at(5, 'rules', { rules: { never: ['a.test'], domainOnly: [], stripQuery: [] }, tabs, windows });
  await fixture.at(9, 'navigated', { tabId: 1, url: `${A}more` });
  assert.doesNotMatch(JSON.stringify([...(await fixture.store.loadCapture()).tabs]), /more/);
  await fixture.at(20, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 5, 5]]);
});

test('a new rule reaches the open page: a fragment with a token is cut from what waits', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  const url = `${A}done#access_token=1`;
  await fixture.at(0, 'navigated', { tabId: 1, url });
  const rules = { never: [], domainOnly: [], stripQuery: ['a.test'] };
  await fixture.at(5, 'rules', { rules, tabs: [{ tabId: 1, windowId: 1, active: true, url }], windows: [{ windowId: 1, focused: true }] });
  await fixture.store.applyRules(rules);
  await fixture.at(9, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[`${A}done`, 0, 5, 5], [`${A}done`, 5, 9, 4]]);
  for (const kind of ['visits', 'aggregates']) assert.doesNotMatch(JSON.stringify(await fixture.all(/** @type {'visits'} */ (kind))), /token/);
});

test('what a new `never` rule forbids is held and not sent, and forgotten when asked', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(5, 'navigated', { tabId: 1, url: B });
  const none = { never: [], domainOnly: [], stripQuery: [] };
  const rules = { ...none, never: ['a.test'] };
  const seen = { tabs: [{ tabId: 1, windowId: 1, active: true, url: B }], windows: [{ windowId: 1, focused: true }] };
  await fixture.at(8, 'rules', { rules, ...seen });
  await fixture.store.applyRules(rules);
  await fixture.at(9, 'removed', { tabId: 1 });
  const pending = async () => (await fixture.store.pending('visits', '', 10)).map((visit) => 'url' in visit && visit.url);
  assert.deepEqual([await pending(), (await fixture.store.counts('')).held], [[B], 1]);
  const [aggregate] = await fixture.aggregates();
  assert.deepEqual([aggregate.domains, aggregate.activeMs], [{ 'b.test': 4000 }, 4000]);
  await fixture.store.applyRules(none);
  assert.deepEqual([await pending(), (await fixture.store.counts('')).held], [[A, B], 0]);
  await fixture.store.applyRules(rules);
  assert.equal(await fixture.store.forbidden('', rules), 1);
  assert.equal(await fixture.store.forbidden('', rules, { forget: true }), 1);
  assert.deepEqual(await fixture.visitRows(), [[B, 5, 9, 4]]);
  assert.deepEqual(await fixture.store.day('', T0), { activeMs: 4000, visits: 1, domains: { 'b.test': 4000 } });
});

test('a site kept by domain only is one page without a title', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start(0);
  await fixture.at(0, 'rules', { rules: { never: [], domainOnly: ['b.test'], stripQuery: [] }, tabs: fixture.tabs, windows: fixture.windows });
  await fixture.at(0, 'navigated', { tabId: 1, url: 'https://www.b.test/a?q=1' });
  await fixture.at(1, 'updated', { tabId: 1, title: 'About a' });
  await fixture.at(5, 'navigated', { tabId: 1, url: 'https://www.b.test/b' });
  await fixture.at(9, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [['https://www.b.test/', 0, 9, 9]]);
  assert.equal((await fixture.visits())[0].title, '');
});

test('an account never owns visits of another account in the same tab', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'owner', { owner: 'alice', adopt: false });
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(10, 'owner', { owner: 'bob', adopt: false });
  await fixture.at(14, 'removed', { tabId: 1 });
  assert.deepEqual((await fixture.visits()).map((one) => [one.owner, one.durationMs]), [['alice', 10_000], ['bob', 4000]]);
  assert.deepEqual((await fixture.aggregates()).map((one) => [one.owner, one.activeMs]), [['alice', 10_000], ['bob', 4000]]);
});

test('an open visit is adopted as a whole', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(5, 'heartbeat');
  await fixture.at(10, 'owner', { owner: 'alice', adopt: true });
  await fixture.store.adopt('alice');
  await fixture.at(14, 'removed', { tabId: 1 });
  assert.deepEqual((await fixture.visits()).map((one) => [one.owner, one.durationMs]), [['alice', 14_000]]);
  assert.deepEqual((await fixture.aggregates()).map((one) => [one.owner, one.activeMs]), [['alice', 14_000]]);
});

test('after erasing, an open visit begins anew under new keys', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(5, 'heartbeat');
  await fixture.at(10, 'erase');
  await fixture.store.erase('');
  await fixture.at(14, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 10, 14, 4]]);
  assert.deepEqual((await fixture.aggregates()).map((one) => [one.startedAt - T0, one.activeMs]), [[10_000, 4000]]);
});

test('events of unknown tabs have no effect', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(1, 'removed', { tabId: 77 });
  await fixture.at(1, 'updated', { tabId: 77, title: 'x', audible: true });
  await fixture.at(1, 'failed', { tabId: 77, url: A });
  await fixture.at(1, 'metadata', { tabId: 77, url: A, metadata: {} });
  await fixture.at(1, 'replaced', { tabId: 78, oldTabId: 77 });
  assert.deepEqual(fixture.failures, []);
  assert.deepEqual(await fixture.visitRows(), []);
});
