import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecordingFixture, T0 } from '../recording-fixture.js';

const rule = (more) => ({ from: 0, before: Number.MAX_SAFE_INTEGER, spanEnd: null, ids: null, sites: null, ...more });

/** A tab that was on b.test for 10 s and is on a.test for 20 s. */
async function browsing() {
  const it = await RecordingFixture.open();
  await it.start();
  await it.at(0, 'navigated', { tabId: 1, url: 'https://b.test/' });
  await it.at(10, 'navigated', { tabId: 1, url: 'https://a.test/' });
  await it.at(30, 'heartbeat');
  return it;
}

/** Applies rules as the background does. */
async function erase(it, seconds, ...erasures) {
  await it.at(seconds, 'erased', { erasures });
  await it.store.applyErasures('', erasures);
}

const tabRows = async (it) => (await it.aggregates()).map(({ startedAt, domains, pages, currentDomain }) => [(startedAt - T0) / 1000, domains, pages, currentDomain]);

test('an open visit that is erased is dropped, and another begins', async () => {
  const it = await browsing();
  await erase(it, 40, rule({ sites: ['a.test'] }));
  assert.deepEqual(await it.visitRows(), [['https://b.test/', 0, 10, 10]]);
  await it.at(45, 'navigated', { tabId: 1, url: 'https://c.test/' });
  await it.at(55, 'removed', { tabId: 1 });
  assert.deepEqual(await it.visitRows(), [['https://b.test/', 0, 10, 10], ['https://a.test/', 40, 45, 5], ['https://c.test/', 45, 55, 10]]);
  // The server would take a.test out of the old totals also when they grow, so others have begun.
  assert.deepEqual(await tabRows(it), [
    [0, { 'b.test': 10000 }, 1, 'b.test'],
    [40, { 'a.test': 5000, 'c.test': 10000 }, 2, 'c.test'],
  ]);
});

test('a visit on another site goes on when an earlier site of its tab is erased', async () => {
  const it = await browsing();
  await erase(it, 40, rule({ sites: ['b.test'] }));
  await it.at(50, 'removed', { tabId: 1 });
  assert.deepEqual(await it.visitRows(), [['https://a.test/', 10, 50, 40]]);
  assert.deepEqual((await tabRows(it)).at(-1), [40, { 'a.test': 40000 }, 1, 'a.test']);
  assert.equal(JSON.stringify(await it.aggregates()).includes('b.test'), false);
});

test('a rule that concerns nothing here changes nothing', async () => {
  const it = await browsing();
  const before = JSON.stringify([await it.visits(), await it.aggregates()]);
  await erase(it, 40, rule({ sites: ['c.test'] }), rule({ before: T0 }), rule({ ids: [] }));
  assert.equal(JSON.stringify([await it.visits(), await it.aggregates()]), before);
  await it.at(50, 'removed', { tabId: 1 });
  assert.deepEqual(await it.visitRows(), [['https://b.test/', 0, 10, 10], ['https://a.test/', 10, 50, 40]]);
});

test('everything leaves nothing but what begins afterwards', async () => {
  const it = await browsing();
  await erase(it, 40, rule({ before: T0 + 40_000 }));
  assert.deepEqual([await it.visits(), await it.aggregates()], [[], []]);
  await it.at(50, 'removed', { tabId: 1 });
  assert.deepEqual(await it.visitRows(), [['https://a.test/', 40, 50, 10]]);
});

test('the last minutes are erased and leave the totals of an older tab', async () => {
  const it = await browsing();
  await erase(it, 40, rule({ from: T0 + 5000, spanEnd: T0 + 40_000 }));
  await it.at(50, 'removed', { tabId: 1 });
  assert.deepEqual(await it.visitRows(), [['https://b.test/', 0, 10, 10], ['https://a.test/', 40, 50, 10]]);
  assert.deepEqual(await tabRows(it), [[0, { 'b.test': 10000 }, 1, 'b.test'], [40, { 'a.test': 10000 }, 1, 'a.test']]);
});

test('a late title does not bring an erased visit back', async () => {
  const it = await browsing();
  await it.at(40, 'created', { tabId: 2, windowId: 1, active: true });
  await erase(it, 41, rule({ sites: ['a.test'] }));
  await it.at(42, 'updated', { tabId: 1, title: 'Late', url: 'https://a.test/' });
  await it.at(43, 'removed', { tabId: 1 });
  assert.deepEqual((await it.visits()).map(({ url }) => url), ['https://b.test/']);
  assert.equal(JSON.stringify(await it.aggregates()).includes('a.test'), false);
});

test('an erased stay is not resumed by an address that changes within a second', async () => {
  const it = await RecordingFixture.open();
  await it.start();
  await it.at(0, 'navigated', { tabId: 1, url: 'https://a.test/1' });
  await it.at(10, 'navigated', { tabId: 1, url: 'https://a.test/2', sameDocument: true });
  await erase(it, 10.2, rule({ sites: ['a.test'] }));
  await it.at(10.5, 'navigated', { tabId: 1, url: 'https://a.test/1', sameDocument: true });
  await it.at(20, 'removed', { tabId: 1 });
  assert.deepEqual((await it.visits()).map(({ startedAt }) => startedAt >= T0 + 10_000), [true]);
});

test('totals of a tab that got another number are erased under the number that they were recorded with', async () => {
  const it = await browsing();
  await it.at(35, 'replaced', { oldTabId: 1, tabId: 7 });
  await erase(it, 40, rule({ sites: ['b.test'] }));
  await it.at(50, 'removed', { tabId: 7 });
  const rows = await it.aggregates();
  assert.deepEqual([...new Set(rows.map(({ tabId }) => tabId))], [1]);
  assert.equal(JSON.stringify(rows).includes('b.test'), false);
});
