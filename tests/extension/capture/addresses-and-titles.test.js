import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecordingFixture, T0 } from '../recording-fixture.js';

const A = 'https://a.test/';
const B = 'https://b.test/page';

test('a reload and a jump within the page continue the visit', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(3, 'navigated', { tabId: 1, url: A });
  await fixture.at(5, 'navigated', { tabId: 1, url: `${A}#part`, sameDocument: true });
  await fixture.at(9, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 9, 9]]);
});

test('a route of an application is a page of its own, in the path or in the fragment', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(2, 'navigated', { tabId: 1, url: `${A}inbox`, sameDocument: true });
  await fixture.at(4, 'navigated', { tabId: 1, url: `${A}inbox#/letter/1`, sameDocument: true });
  await fixture.at(6, 'navigated', { tabId: 1, url: `${A}inbox#!letter/2`, sameDocument: true });
  await fixture.at(8, 'removed', { tabId: 1 });
  assert.deepEqual((await fixture.visitRows()).map(([url]) => url), [A, `${A}inbox`, `${A}inbox#/letter/1`, `${A}inbox#!letter/2`]);
});

test('an address that changes twice a second loses no time: the stay goes on under the address that lasts', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  for (let step = 1; step <= 20; step += 1) await fixture.at(step / 2, 'navigated', { tabId: 1, url: `${A}?t=${step}`, sameDocument: true });
  await fixture.at(15, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[`${A}?t=20`, 0, 15, 15]]);
  assert.deepEqual((await fixture.aggregates()).map((one) => [one.activeMs, one.pages, one.currentUrl]), [[15_000, 1, `${A}?t=20`]]);
});

test('a stay ends at a same-document change once its address was in front for a second', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(4, 'navigated', { tabId: 1, url: `${A}?q=b`, sameDocument: true });
  await fixture.at(4.3, 'navigated', { tabId: 1, url: `${A}?q=bo`, sameDocument: true });
  await fixture.at(4.6, 'navigated', { tabId: 1, url: `${A}?q=book`, sameDocument: true });
  await fixture.at(9, 'navigated', { tabId: 1, url: B });
  await fixture.at(12, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 4, 4], [`${A}?q=book`, 4, 9, 5], [B, 9, 12, 3]]);
});

test('an address that comes back within a second goes on as the same stay', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(4, 'navigated', { tabId: 1, url: `${A}menu`, sameDocument: true });
  await fixture.at(4.2, 'focus', { windowId: null });
  await fixture.at(4.6, 'navigated', { tabId: 1, url: A, sameDocument: true });
  await fixture.at(5, 'focus', { windowId: 1 });
  await fixture.at(9, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 9, 8.2]]);
  assert.deepEqual((await fixture.visits())[0].idlePeriods, [
    { startedAt: T0 + 4200, endedAt: T0 + 5000, reason: 'unfocused', resumedBy: 'focused' },
  ]);
  assert.deepEqual((await fixture.aggregates()).map((one) => [one.activeMs, one.pages, one.domains]), [[8200, 1, { 'a.test': 8200 }]]);
});

test('an error page is no page, and the one before it has ended', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(5, 'failed', { tabId: 1, url: B });
  // Browsers give an error page the URL that failed. A snapshot must not take it for the page.
  await fixture.at(6, 'snapshot', { tabs: [{ tabId: 1, windowId: 1, active: true, url: B }], windows: [{ windowId: 1, focused: true }] });
  await fixture.at(20, 'navigated', { tabId: 1, url: B });
  await fixture.at(25, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), [[A, 0, 5, 5], [B, 20, 25, 5]]);
});

test('browser pages and files are not recorded', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  for (const [i, url] of ['chrome://settings/', 'about:config', 'file:///etc/hosts', 'view-source:https://a.test/'].entries()) {
    await fixture.at(i * 5, 'navigated', { tabId: 1, url });
  }
  await fixture.at(60, 'removed', { tabId: 1 });
  assert.deepEqual(await fixture.visitRows(), []);
});

test('a title that arrives late raises the revision of an ended visit', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(0, 'created', { tabId: 2, windowId: 1, active: false });
  await fixture.at(5, 'activated', { tabId: 2, windowId: 1 });
  const before = (await fixture.visits())[0];
  await fixture.at(8, 'updated', { tabId: 1, title: 'Alpha' });
  const after = (await fixture.visits())[0];
  assert.deepEqual([before.title, before.revision, after.title, after.revision], ['', 1, 'Alpha', 2]);
  assert.deepEqual([after.endedAt, after.durationMs], [before.endedAt, 5000]);
});

test('a title of the next page is not given to the visit before it', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(1, 'updated', { tabId: 1, title: 'Alpha' });
  await fixture.at(5, 'navigated', { tabId: 1, url: B });
  await fixture.at(6, 'updated', { tabId: 1, title: 'Beta' });
  await fixture.at(9, 'removed', { tabId: 1 });
  assert.deepEqual((await fixture.visits()).map(({ title }) => title), ['Alpha', 'Beta']);
});

test('a very long title is cut', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: B });
  await fixture.at(0.1, 'updated', { tabId: 1, title: 'x'.repeat(5000) });
  await fixture.at(5, 'removed', { tabId: 1 });
  assert.equal((await fixture.visits())[0].title.length, 1024);
});

test('a URL shown in place of a title is not kept as the title', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: B });
  await fixture.at(0.1, 'updated', { tabId: 1, title: 'b.test/page' });
  await fixture.at(5, 'removed', { tabId: 1 });
  assert.equal((await fixture.visits())[0].title, '');
});

const titles = (visits) => visits.map(({ url, title }) => [url, title]);

test('a title set just before `pushState` belongs to the new address', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(1, 'updated', { tabId: 1, title: 'Inbox', url: A });
  await fixture.at(5, 'updated', { tabId: 1, title: 'Letter', url: A });
  await fixture.at(5.01, 'navigated', { tabId: 1, url: `${A}letter`, sameDocument: true });
  await fixture.at(9, 'removed', { tabId: 1 });
  assert.deepEqual(titles(await fixture.visits()), [[A, 'Inbox'], [`${A}letter`, 'Letter']]);
});

test('a title set before `pushState` in a background tab leaves the ended visit as well', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(1, 'updated', { tabId: 1, title: 'Inbox', url: A });
  await fixture.at(4, 'created', { tabId: 2, windowId: 1, active: true });
  await fixture.at(5, 'updated', { tabId: 1, title: 'Letter', url: A });
  await fixture.at(5.01, 'navigated', { tabId: 1, url: `${A}letter`, sameDocument: true });
  assert.deepEqual(titles(await fixture.visits()), [[A, 'Inbox']]);
});

test('the title of a page that must not be recorded is stored with no other page, in whichever order it comes', async () => {
  const secret = `${A}private/plan`;
  for (const order of ['before', 'after', 'read']) {
    const fixture = await RecordingFixture.open();
    await fixture.start();
    await fixture.at(0, 'rules', { rules: { never: ['a.test/private'], domainOnly: [], stripQuery: [] }, tabs: fixture.tabs, windows: fixture.windows });
    await fixture.at(0, 'navigated', { tabId: 1, url: A });
    if (order === 'before') await fixture.at(3, 'updated', { tabId: 1, title: 'Secret', url: A });
    await fixture.at(3.01, 'navigated', { tabId: 1, url: secret, sameDocument: true });
    if (order === 'after') await fixture.at(3.02, 'updated', { tabId: 1, title: 'Secret', url: secret });
    await fixture.at(6, 'navigated', { tabId: 1, url: `${A}public`, sameDocument: true });
    const tabs = [{ tabId: 1, windowId: 1, active: true, url: `${A}public`, title: 'Secret' }];
    await fixture.at(7, 'snapshot', { tabs, windows: [{ windowId: 1, focused: true }] });
    await fixture.at(9, 'removed', { tabId: 1 });
    assert.deepEqual(titles(await fixture.visits()), [[A, ''], [`${A}public`, '']], order);
    assert.doesNotMatch(JSON.stringify([...(await fixture.store.loadCapture()).tabs]), /secret/i, order);
  }
});

test('a jump within the page that changes the title is a page of its own, as in a mail program', async () => {
  for (const titleFirst of [false, true]) {
    const fixture = await RecordingFixture.open();
    await fixture.start();
    await fixture.at(0, 'navigated', { tabId: 1, url: `${A}#inbox` });
    await fixture.at(0.5, 'updated', { tabId: 1, title: 'Inbox', url: `${A}#inbox` });
    const jump = () => fixture.at(5, 'navigated', { tabId: 1, url: `${A}#inbox/1`, sameDocument: true });
    const title = () => fixture.at(5, 'updated', { tabId: 1, title: 'Letter', url: `${A}#inbox${titleFirst ? '' : '/1'}` });
    await (titleFirst ? title().then(jump) : jump().then(title));
    await fixture.at(9, 'removed', { tabId: 1 });
    assert.deepEqual(titles(await fixture.visits()), [[`${A}#inbox`, 'Inbox'], [`${A}#inbox/1`, 'Letter']]);
    assert.deepEqual((await fixture.visitRows()).map(([, start, end]) => [start, end]), [[0, 5], [5, 9]]);
  }
});

test('a title that comes before its navigation waits for it', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(1, 'updated', { tabId: 1, title: 'Alpha', url: A });
  await fixture.at(4, 'updated', { tabId: 1, title: 'Beta', url: B });
  await fixture.at(4.1, 'navigated', { tabId: 1, url: B });
  await fixture.at(9, 'removed', { tabId: 1 });
  assert.deepEqual(titles(await fixture.visits()), [[A, 'Alpha'], [B, 'Beta']]);
});

test('the title of an error page is given to no page', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'failed', { tabId: 1, url: B });
  await fixture.at(0.1, 'updated', { tabId: 1, title: 'Problem loading page', url: B });
  await fixture.at(3, 'navigated', { tabId: 1, url: B });
  await fixture.at(9, 'removed', { tabId: 1 });
  assert.deepEqual(titles(await fixture.visits()), [[B, '']]);
});

test('metadata belongs to the page it was read from, also when the person returns to it', async () => {
  const fixture = await RecordingFixture.open();
  await fixture.start();
  await fixture.at(0, 'navigated', { tabId: 1, url: A });
  await fixture.at(0, 'created', { tabId: 2, windowId: 1, active: false });
  await fixture.at(1, 'metadata', { tabId: 1, url: B, metadata: { language: 'de' } });
  await fixture.at(2, 'metadata', { tabId: 1, url: A, metadata: { language: 'en' } });
  await fixture.at(3, 'activated', { tabId: 2, windowId: 1 });
  await fixture.at(4, 'activated', { tabId: 1, windowId: 1 });
  await fixture.at(6, 'removed', { tabId: 1 });
  assert.deepEqual((await fixture.visits()).map(({ metadata }) => metadata), [{ language: 'en' }, { language: 'en' }]);
});
