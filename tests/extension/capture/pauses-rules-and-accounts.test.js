import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecordingFixture, T0 } from '../recording-fixture.js';

const A = 'https://a.test/';
const B = 'https://b.test/page';

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
