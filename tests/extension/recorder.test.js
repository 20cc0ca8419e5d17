import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stage, T0 } from './stage.js';

const A = 'https://a.test/';
const B = 'https://b.test/';

/** Makes the next `times` commits of a stage fail as a full disk does: the transaction aborts after its writes. */
function fillDisk(stage, times = Infinity) {
  const commit = stage.store.commitCapture;
  let left = times;
  stage.store.commitCapture = function full(outcome) {
    if (left-- <= 0) return commit.call(this, outcome);
    const transact = this.transact;
    this.transact = (names, mode, work, options) => transact.call(this, names, mode, async (tx) => {
      await work(tx);
      throw new DOMException('The disk is full.', 'QuotaExceededError');
    }, options);
    return commit.call(this, outcome).finally(() => { this.transact = transact; });
  };
}

test('a full disk stops recording, says so once, and deletes nothing', async () => {
  const stage = await Stage.open();
  await stage.start();
  await stage.at(0, 'navigated', { tabId: 1, url: A });
  await stage.at(10, 'navigated', { tabId: 1, url: B });
  fillDisk(stage);
  assert.equal(await stage.at(20, 'navigated', { tabId: 1, url: A }), null);
  assert.equal(await stage.at(21, 'heartbeat'), null);
  assert.equal(await stage.at(60, 'heartbeat'), null);
  assert.deepEqual(stage.failures, ['QuotaExceededError']);
  assert.deepEqual(await stage.stays(), [[A, 0, 10, 10]]);
});

test('when there is room again recording goes on from the tabs as they are', async () => {
  const stage = await Stage.open();
  await stage.start();
  await stage.at(0, 'navigated', { tabId: 1, url: A });
  await stage.at(5, 'heartbeat');
  fillDisk(stage, 1);
  await stage.at(10, 'navigated', { tabId: 1, url: B });
  stage.tabs = [{ tabId: 1, windowId: 1, active: true, url: B, title: 'Beta' }];
  await stage.at(20, 'heartbeat');
  await stage.at(45, 'heartbeat');
  await stage.at(50, 'removed', { tabId: 1 });
  assert.deepEqual(stage.failures, ['QuotaExceededError', null]);
  assert.deepEqual(await stage.stays(), [[A, 0, 5, 5], [B, 45, 50, 5]]);
});

test('a person may ask to try again at once', async () => {
  const stage = await Stage.open();
  await stage.start();
  fillDisk(stage, 1);
  await stage.at(10, 'navigated', { tabId: 1, url: A });
  stage.tabs = [{ tabId: 1, windowId: 1, active: true, url: A, title: '' }];
  await stage.recorder.record({ type: 'look', now: T0 + 11_000, run: 'life 1', tick: 11_000, tabs: stage.tabs, windows: stage.windows }, true);
  assert.equal(stage.recorder.failure, null);
});

test('a commit that fails half-way leaves neither state nor records', async () => {
  const stage = await Stage.open();
  await stage.start();
  await stage.at(0, 'navigated', { tabId: 1, url: A });
  const before = await stage.store.loadCapture();
  fillDisk(stage, 1);
  await stage.at(10, 'navigated', { tabId: 1, url: B });
  assert.deepEqual(await stage.store.loadCapture(), before);
  assert.deepEqual(await stage.all('visits'), []);
});

test('events are taken in the order in which they came, however slow one is', async () => {
  const stage = await Stage.open();
  await stage.start();
  const slow = stage.at(0, 'navigated', { tabId: 1, url: A, also: () => new Promise((resolve) => setTimeout(resolve, 20, {})) });
  const quick = stage.at(5, 'navigated', { tabId: 1, url: B });
  await Promise.all([slow, quick]);
  await stage.at(9, 'removed', { tabId: 1 });
  assert.deepEqual(await stage.stays(), [[A, 0, 5, 5], [B, 5, 9, 4]]);
});

test('an event writes the tabs it changed and no others', async () => {
  const stage = await Stage.open();
  await stage.start();
  for (let tabId = 2; tabId < 50; tabId += 1) await stage.at(0, 'created', { tabId, windowId: 1, active: false });
  const written = [];
  const commit = stage.store.commitCapture.bind(stage.store);
  stage.store.commitCapture = (outcome) => {
    written.push(outcome.putTabs.map(({ id }) => id));
    return commit(outcome);
  };
  await stage.at(1, 'navigated', { tabId: 7, url: A });
  await stage.at(2, 'focus', { windowId: null });
  assert.deepEqual(written, [[7], []]);
});

test('the pace of signs of life follows the person', async () => {
  const stage = await Stage.open();
  const paces = [];
  for (const outcome of [
    await stage.start(),
    await stage.at(1, 'navigated', { tabId: 1, url: A }),
    await stage.at(2, 'idle', { idle: 'idle' }),
    await stage.at(3, 'updated', { tabId: 1, audible: true }),
    await stage.at(4, 'removed', { tabId: 1 }),
  ]) paces.push(outcome.heartbeatSeconds);
  assert.deepEqual(paces, [null, 30, 300, 30, null]);
});
