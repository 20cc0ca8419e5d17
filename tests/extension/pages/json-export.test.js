import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportAll } from '../../../extension/src/pages/json-export.js';
import { RecordingFixture, T0 } from '../recording-fixture.js';

test('an export is JSON that holds every record once, with its state of sending', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: 'https://a.test/' });
  await fixture.at(5, 'navigated', { tabId: 1, url: 'https://b.test/' });
  await fixture.at(9, 'removed', { tabId: 1 });
  const [first] = await fixture.visits();
  await fixture.store.settle('visits', '', [{ id: first.id, startedAt: first.startedAt, revision: first.revision, verdict: 'stored' }], T0 + 10_000);
  const blob = await exportAll(fixture.store, '', { exportedAt: '2025-11-17T10:00:00Z', extensionVersion: '0.1.0' });
  const copy = JSON.parse(await blob.text());
  assert.deepEqual(copy.visits.map((visit) => [visit.url, visit.sending.state]).sort(), [['https://a.test/', 'sent'], ['https://b.test/', 'waiting']]);
  assert.deepEqual(copy.aggregates.map(({ pageCount, totalActiveDuration }) => [pageCount, totalActiveDuration]), [[2, 9000]]);
  assert.equal(copy.extensionVersion, '0.1.0');
});

test('a record that a rule forbids to send is exported as held', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: 'https://a.test/' });
  await fixture.at(9, 'removed', { tabId: 1 });
  await fixture.store.applyRules({ never: ['a.test'], domainOnly: [], stripQuery: [] });
  const blob = await exportAll(fixture.store, '', { exportedAt: 'x', extensionVersion: 'y' });
  assert.deepEqual(JSON.parse(await blob.text()).visits.map(({ sending }) => sending), [{ state: 'held' }]);
});

test('an export without records is valid JSON', async () => {
  const { store } = await RecordingFixture.open();
  assert.deepEqual(JSON.parse(await (await exportAll(store, '', { exportedAt: 'x', extensionVersion: 'y' })).text()), {
    exportedAt: 'x', extensionVersion: 'y', visits: [], aggregates: [],
  });
});
