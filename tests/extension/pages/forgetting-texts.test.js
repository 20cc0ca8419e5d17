import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countCheckText, erasuresWaitText, forgetQuestion, forgottenText } from '../../../extension/src/pages/forgetting-texts.js';

const server = (visits) => ({ at: null, erased: { visits, aggregates: 0 } });

test('the question tells what is erased here, on the server and elsewhere', () => {
  const here = { visits: 5, unsent: 2, tabs: 1 };
  assert.match(forgetQuestion('a.test', { here, isSignedIn: true, server: server(1) }), /^Forget a\.test\? 1 visit on your server is erased, and 2 here that are not sent yet\. Your other browsers erase theirs when they sync next\./);
  assert.match(forgetQuestion('a.test', { here: { ...here, unsent: 0 }, isSignedIn: true, server: server(12) }), /\? 12 visits on your server are erased\. Your other/);
  assert.match(forgetQuestion('a.test', { here, isSignedIn: true, server: null }), /5 visits in this browser are erased\. Your server does not answer/);
  assert.doesNotMatch(forgetQuestion('a.test', { here, isSignedIn: false, server: null }), /server/);
});

test('the question tells what happens to totals, and that one visit is in no other browser', () => {
  const preview = { here: { visits: 1, unsent: 0, tabs: 0 }, isSignedIn: true, server: server(1) };
  const single = { ids: [{ browser: 'b', id: 'pv_1' }] };
  const question = forgetQuestion('the visit to “A” at 10:00', preview, single);
  assert.match(question, /Your other browsers have no copy of it\. The totals of its tab stay as they are\. This cannot/);
  assert.doesNotMatch(question, /erase theirs/);
  assert.match(forgetQuestion('it', { ...preview, server: null }, single), /It is told with a later sync/);
  assert.match(forgetQuestion('a day', preview, { from: 1, to: 2 }), /erase theirs when they sync next\. The totals of a tab are erased only if/);
  assert.doesNotMatch(forgetQuestion('the last hour', preview, { from: 1 }), /totals/);
  assert.equal(forgottenText({ erased: 1, isSignedIn: true, server: server(1) }, single), 'Forgotten: 1 visit in this browser and 1 on your server.');
  assert.equal(forgottenText({ erased: 1, isSignedIn: true, server: null }, single), 'Forgotten: 1 visit in this browser. Your server is told with a later sync.');
});

test('the answer tells what was erased, and what is still to be told', () => {
  assert.equal(forgottenText({ erased: 1, isSignedIn: false, server: null }), 'Forgotten: 1 visit in this browser.');
  assert.match(forgottenText({ erased: 2, isSignedIn: true, server: null }), /told with a later sync/);
  assert.match(forgottenText({ erased: 2, isSignedIn: true, server: server(1200) }), /2 visits in this browser and 1,200 on your server/);
  assert.deepEqual([erasuresWaitText(0), erasuresWaitText(1)], ['', '1 erasure waits for the next sync.']);
});

test('a server with fewer records than were sent is told, one with more is in order', () => {
  const check = (visits, hereVisits, aggregates = 9, tabs = 9) => countCheckText({ server: { visits, aggregates }, here: { visits: hereVisits, aggregates: tabs } }, 0);
  assert.deepEqual(check(12345, 12345), { isComplete: true, text: 'All 12,345 visits of this browser are on your server.' });
  assert.deepEqual(check(12345, 300), { isComplete: true, text: '12,345 visits of this browser are on your server.' });
  assert.deepEqual(check(1, 1), { isComplete: true, text: '1 visit of this browser is on your server.' });
  assert.deepEqual(check(0, 0), { isComplete: true, text: '' });
  assert.match(check(90, 100).text, /^Your server has 90 of the 100 visits that this browser has sent\. Send everything again/);
  assert.match(check(100, 100, 8).text, /^Your server has the totals of 8 of the 9 tabs/);
  assert.equal(countCheckText({ server: { visits: 5, aggregates: 1 }, here: { visits: 5, aggregates: 1 } }, 2).text, '5 visits of this browser are on your server.');
});
