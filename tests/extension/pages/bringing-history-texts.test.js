import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bringingText, countedText, leftOutText } from '../../../extension/src/pages/bringing-history-texts.js';

const COUNT = { visits: 1, first: Date.UTC(2025, 10, 3, 12), last: Date.UTC(2025, 10, 4, 12), forbidden: 0, leftOut: { reload: 0, redirectHop: 0, subframe: 0 } };
const found = (more) => ({
  owner: 'o', status: 'running', problem: null, total: 10, to: 2, before: 1, ...more, fates: { stored: 0, erased: 0, refused: 0, forbidden: 0, ...more?.fates },
});

test('the span and the number come first', () => {
  const text = countedText(COUNT);
  assert.ok(text.startsWith('1 visit from ') && text.includes('2025'), text);
  assert.match(countedText({ ...COUNT, last: COUNT.first }), /^1 visit on /);
  assert.match(countedText({ ...COUNT, visits: 0, first: null, last: null }), /no history that can be brought/);
});

test('what is left out is told by reason', () => {
  assert.equal(leftOutText(COUNT), '');
  assert.equal(leftOutText({ ...COUNT, forbidden: 2, leftOut: { reload: 1, redirectHop: 0, subframe: 3 } }),
    'Left out: 2 visits that your rules keep here, 1 reload of a page, 3 parts of pages.');
});

test('progress, stop and end are told', () => {
  assert.equal(bringingText(found({ fates: { stored: 3, erased: 1 } })), '4 of 10 visits sent. 1 visit that you erased before stays erased.');
  assert.equal(bringingText(found({ status: 'stopped' })), 'Stopped. 0 of 10 visits sent.');
  assert.match(bringingText(found({ status: 'stopped', problem: 'permission' })), /allow it\. 0 of 10/);
  assert.equal(bringingText(found({ status: 'done', fates: { stored: 10, refused: 2, forbidden: 1 } })),
    'Done: 10 visits of this browser’s history are on your server. Your server refused 2 visits. Your rules keep 1 visit here.');
});
