import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endAbandonedVisits } from '../../../extension/src/capture/abandoned-visits.js';
import { RecordingFixture, T0 } from '../recording-fixture.js';

const A = 'https://a.test/';
const B = 'https://b.test/page';
const C = 'https://c.test/';

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
