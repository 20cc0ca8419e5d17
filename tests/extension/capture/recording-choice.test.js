import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasChosen, rememberChoice } from '../../../extension/src/capture/recording-choice.js';
import { RecordingFixture } from '../recording-fixture.js';

const A = 'https://a.test/';

test('nothing is stored before the person has chosen', async () => {
  const fixture = await RecordingFixture.open();
  fixture.recorder.isAllowed = await hasChosen(fixture.store);
  assert.equal(fixture.recorder.isAllowed, false);
  await fixture.start();
  assert.equal(await fixture.at(0, 'navigated', { tabId: 1, url: A }), null);
  await fixture.at(10, 'heartbeat');
  await fixture.at(20, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), []);
  assert.deepEqual(await fixture.store.loadCapture(), { state: undefined, tabs: new Map() });
  assert.equal(await hasChosen(fixture.store), false);
});

test('recording begins with the choice, and with the pages of that moment', async () => {
  const fixture = await RecordingFixture.open();
  fixture.recorder.isAllowed = false;
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await rememberChoice(fixture.store);
  fixture.recorder.isAllowed = await hasChosen(fixture.store);
  await fixture.start();
  await fixture.at(20, 'navigated', { tabId: 1, url: 'https://b.test/' });
  await fixture.at(30, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [['https://b.test/', 20, 30, 10]]);
});

test('an earlier version that has recorded goes on', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  assert.equal(await hasChosen(fixture.store), true);
});
