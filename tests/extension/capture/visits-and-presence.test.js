import assert from 'node:assert/strict';
import { test } from 'node:test';
import { focusDiffers } from '../../../extension/src/capture/presence.js';
import { firstState } from '../../../extension/src/capture/visit-reducer.js';
import { RecordingFixture, T0 } from '../recording-fixture.js';

const A = 'https://a.test/';
const B = 'https://b.test/page';

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
