import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_RULES } from '../../../extension/src/capture/recording-rules.js';
import { exportAll, ownerOf } from '../../../extension/src/pages/json-export.js';
import { importedText, readExport, refusalText, restoreAll, whyNotHere } from '../../../extension/src/pages/json-import.js';
import { RecordingFixture, T0 } from '../recording-fixture.js';
import { ALICE } from '../sync/sync-world.js';

/** @type {import('../../../extension/src/pages/json-export.js').About} */
const ABOUT = { exportedAt: '2025-11-17T10:00:00Z', extensionVersion: '0.1.0', anonymousClientId: 'c1', owner: null };
const TEXT = async (store, owner = '', about = ABOUT) => (await exportAll(store, owner, about)).text();

/** @param {string} text */
const contentOf = (text) => /** @type {import('../../../extension/src/pages/json-import.js').Export} */ (readExport(text).content);

/** Two visits of one tab, the first of them sent. */
async function recorded() {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: 'https://a.test/' });
  await fixture.at(5, 'navigated', { tabId: 1, url: 'https://b.test/' });
  await fixture.at(9, 'removed', { tabId: 1 });
  const [first] = await fixture.visits();
  await fixture.store.settle('visits', '', [{ id: first.id, startedAt: first.startedAt, revision: first.revision, verdict: 'stored' }], T0 + 10_000);
  return fixture;
}

test('an export is JSON that holds every record once, with its state of sending', async () => {
  const { store } = await recorded();
  const copy = JSON.parse(await TEXT(store));
  assert.deepEqual(copy.visits.map((visit) => [visit.url, visit.sending.state]).sort(), [['https://a.test/', 'sent'], ['https://b.test/', 'waiting']]);
  assert.deepEqual(copy.aggregates.map(({ pageCount, totalActiveDuration }) => [pageCount, totalActiveDuration]), [[2, 9000]]);
});

test('an export names its format, its browser and its owner', async () => {
  const { store } = await RecordingFixture.open();
  const owner = ownerOf({ ...ALICE, serverId: 'id 1' });
  assert.deepEqual(JSON.parse(await TEXT(store, ALICE.key, { ...ABOUT, owner })), {
    format: 'browsing-record-export', version: 1, ...ABOUT,
    owner: { server: 'https://s.test', serverId: 'id 1', id: '1', email: 'alice@example.com' }, visits: [], aggregates: [],
  });
});

test('an export is of one moment, while records move and change', async () => {
  const { store } = await recorded();
  const exporting = exportAll(store, '', ABOUT);
  const moving = store.sendAgain('');
  const erasing = store.erase('');
  const copy = JSON.parse(await (await exporting).text());
  await Promise.all([moving, erasing]);
  assert.deepEqual(copy.visits.map((visit) => [visit.url, visit.sending.state]).sort(), [['https://a.test/', 'sent'], ['https://b.test/', 'waiting']]);
  assert.deepEqual(await store.total(), { visits: 0, aggregates: 0 });
});

test('a record that a rule forbids to send is exported as held', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: 'https://a.test/' });
  await fixture.at(9, 'removed', { tabId: 1 });
  await fixture.store.applyRules({ never: ['a.test'], domainOnly: [], stripQuery: [] });
  assert.deepEqual(JSON.parse(await TEXT(fixture.store)).visits.map(({ sending }) => sending), [{ state: 'held' }]);
});

test('an export that is imported again gives the same export', async () => {
  const { store } = await recorded();
  const text = await TEXT(store);
  const { store: other } = await RecordingFixture.open();
  const content = contentOf(text);
  const first = await restoreAll(other, '', content, { rules: NO_RULES, now: T0 });
  assert.deepEqual(first, { restored: 3, known: 0, unreadable: 0 });
  assert.equal(await TEXT(other), text);
  assert.deepEqual(await other.day('', T0), await store.day('', T0));
  const second = await restoreAll(other, '', content, { rules: NO_RULES, now: T0 });
  assert.deepEqual(second, { restored: 0, known: 3, unreadable: 0 });
  assert.equal(importedText(second), 'Imported 0 records. 3 records were here already.');
});

test('rules of the person hold for what is imported', async () => {
  const content = contentOf(await TEXT((await recorded()).store));
  const { store } = await RecordingFixture.open();
  await restoreAll(store, '', content, { rules: { ...NO_RULES, never: ['a.test'] }, now: T0 });
  const copy = JSON.parse(await TEXT(store));
  assert.deepEqual(copy.visits.map((visit) => [visit.url, visit.sending.state]).sort(), [['https://a.test/', 'held'], ['https://b.test/', 'waiting']]);
});

test('records of any shape are restored or counted as unreadable', async () => {
  const { store } = await RecordingFixture.open();
  const odd = [null, 1, 'x', [], {}, { id: 'x' }, { id: '', url: 'https://a.test/', startedAt: 1 }, { id: 'x', url: 'ftp://a.test/', startedAt: 1 }, { id: 'x', url: 'https://a.test/', startedAt: '1' }];
  const good = { id: 'y', url: 'https://a.test/', startedAt: T0, idlePeriods: [null, 3, {}], metadata: [], sending: 7 };
  const content = { anonymousClientId: 'c1', owner: null, visits: [...odd, good], aggregates: odd };
  assert.deepEqual(await restoreAll(store, '', content, { rules: NO_RULES, now: T0 }), { restored: 1, known: 0, unreadable: 18 });
  const [visit] = JSON.parse(await TEXT(store)).visits;
  assert.deepEqual([visit.id, visit.endedAt, visit.isActive, visit.idlePeriods, visit.metadata], ['y', T0, false, [], {}]);
});

for (const [text, refusal] of [
  ['{', 'not-json'], ['[]', 'not-ours'], ['null', 'not-ours'], ['{"visits": [], "exportedAt": 1}', 'not-ours'],
  ['{"format": "browsing-record-export", "version": 2, "anonymousClientId": "c1", "visits": [], "aggregates": []}', 'later-version'],
  ['{"format": "browsing-record-export", "version": 1, "anonymousClientId": "c1", "visits": {}, "aggregates": []}', 'not-ours'],
]) {
  test(`a file that is no export is refused with a reason: ${text.slice(0, 40)}`, () => {
    assert.equal(readExport(text).refusal, refusal);
    assert.ok(refusalText(/** @type {any} */ (refusal), undefined, undefined).length > 40);
  });
}

test('an export comes only into its own account, and into its own browser or a new one', () => {
  const owner = { server: 'https://s.test', id: '1', email: 'alice@example.com' };
  const content = { anonymousClientId: 'c1', owner, visits: [], aggregates: [] };
  const bob = { ...ALICE, user: { ...ALICE.user, id: '2' } };
  const moved = { ...ALICE, server: 'https://other.test', serverId: 'id 1' };
  assert.equal(whyNotHere(content, { account: ALICE, mayTake: true }), null);
  assert.equal(whyNotHere(content, { account: bob, mayTake: true }), 'another-account');
  assert.equal(whyNotHere(content, { account: null, mayTake: true }), 'another-account');
  assert.equal(whyNotHere(content, { account: moved, mayTake: true }), 'another-account');
  assert.equal(whyNotHere({ ...content, owner: { ...owner, serverId: 'id 1' } }, { account: moved, mayTake: true }), null);
  assert.equal(whyNotHere(content, { account: ALICE, mayTake: false }), 'another-browser');
  assert.equal(whyNotHere({ ...content, owner: null }, { account: ALICE, mayTake: true }), null);
  assert.match(refusalText('another-account', content, undefined), /alice@example\.com at https:\/\/s\.test/);
});
