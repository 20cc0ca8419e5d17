import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecordingFixture, T0 } from '../recording-fixture.js';

const A = 'https://a.test/';
const B = 'https://b.test/';

/**
 * Makes the next `times` commits fail as on a full disk: the transaction aborts after its writes.
 * @param {RecordingFixture} fixture
 * @param {number} [times]
 */
function fillDisk(fixture, times = Infinity) {
  const commit = fixture.store.commitCapture;
  let left = times;
  const { store } = fixture;
  store.commitCapture = (outcome) => {
    if (left-- <= 0) return commit.call(store, outcome);
    const transact = store.transact.bind(store);
    store.transact = (names, mode, work, options) => transact(names, mode, async (tx) => {
      await work(tx);
      throw new DOMException('The disk is full.', 'QuotaExceededError');
    }, options);
    return commit.call(store, outcome).finally(() => { store.transact = transact; });
  };
}

test('a full disk stops recording, is reported once, and deletes nothing', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(10, 'navigated', { tabId: 1, url: B });
  fillDisk(fixture);
  assert.equal(await fixture.at(20, 'navigated', { tabId: 1, url: A }), null);
  assert.equal(await fixture.at(21, 'heartbeat'), null);
  assert.equal(await fixture.at(60, 'heartbeat'), null);
  assert.deepEqual(fixture.failures, ['QuotaExceededError']);
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 10, 10]]);
});

test('when there is room again, recording goes on with the present tabs', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(5, 'heartbeat');
  fillDisk(fixture, 1);
  await fixture.at(10, 'navigated', { tabId: 1, url: B });
  fixture.tabs = [{ tabId: 1, windowId: 1, active: true, url: B, title: 'Beta' }];
  await fixture.at(20, 'heartbeat');
  await fixture.at(45, 'heartbeat');
  await fixture.at(50, 'removed', { tabId: 1 });
  assert.deepEqual(fixture.failures, ['QuotaExceededError', null]);
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 5, 5], [B, 45, 50, 5]]);
});

test('a person may try again at once', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  fillDisk(fixture, 1);
  await fixture.at(10, 'navigated', { tabId: 1, url: A });
  fixture.tabs = [{ tabId: 1, windowId: 1, active: true, url: A, title: '' }];
  await fixture.recorder.record({ type: 'snapshot', now: T0 + 11_000, run: 'run 1', tick: 11_000, tabs: fixture.tabs, windows: fixture.windows }, true);
  assert.equal(fixture.recorder.failure, null);
});

test('a commit that fails half-way leaves neither state nor records', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  const before = await fixture.store.loadCapture();
  fillDisk(fixture, 1);
  await fixture.at(10, 'navigated', { tabId: 1, url: B });
  assert.deepEqual(await fixture.store.loadCapture(), before);
  assert.deepEqual(await fixture.visits(), []);
});

test('events are recorded in the order of arrival, even when one is slow', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  const slow = fixture.at(0, 'navigated', { tabId: 1, url: A, lateFields: () => new Promise((resolve) => setTimeout(resolve, 20, {})) });
  const quick = fixture.at(5, 'navigated', { tabId: 1, url: B });
  await Promise.all([slow, quick]);
  await fixture.at(9, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 5, 5], [B, 5, 9, 4]]);
});

test('an event writes the tabs it changed and no others', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  for (let tabId = 2; tabId < 50; tabId += 1) await fixture.at(0, 'created', { tabId, windowId: 1, active: false });
  const written = [];
  const commit = fixture.store.commitCapture.bind(fixture.store);
  fixture.store.commitCapture = (outcome) => {
    written.push(outcome.putTabs.map(({ id }) => id));
    return commit(outcome);
  };
  await fixture.at(1, 'navigated', { tabId: 7, url: A });
  await fixture.at(2, 'focus', { windowId: null });
  assert.deepEqual(written, [[7], []]);
});

test('the heartbeat period depends on the person\'s presence', async () => {
  const fixture = await RecordingFixture.open();
  const paces = [];
  for (const outcome of [
    await fixture.start(),
    await fixture.at(1, 'navigated', { tabId: 1, url: A }),
    await fixture.at(2, 'idle', { idle: 'idle' }),
    await fixture.at(3, 'updated', { tabId: 1, audible: true }),
    await fixture.at(4, 'removed', { tabId: 1 }),
  ]) paces.push(outcome?.heartbeatSeconds);
  assert.deepEqual(paces, [null, 30, 300, 30, null]);
});
