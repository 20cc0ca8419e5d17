import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecordingFixture, T0 } from '../recording-fixture.js';

const A = 'https://a.test/';
const B = 'https://b.test/page';
const C = 'https://c.test/';

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
