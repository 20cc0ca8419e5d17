import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countHistory } from '../../../extension/src/history/history-count.js';
import { windowsBefore } from '../../../extension/src/history/history-reading.js';
import { NO_RULES } from '../../../extension/src/capture/recording-rules.js';
import { AT_9, BrowserHistory } from './browser-history.js';

const NOW = AT_9 + 60 * 60 * 1000;
const MINUTE = 60_000;

/** @param {BrowserHistory} history */
async function read(history, before = NOW) {
  /** @type {{url: string, startedAt: number}[]} */
  const visits = [];
  const leftOut = { reload: 0, redirectHop: 0, subframe: 0 };
  let largest = 0;
  for await (const window of windowsBefore(history, history.family, before)) {
    visits.push(...window.visits);
    for (const reason of Object.keys(leftOut)) leftOut[reason] += window.leftOut[reason];
    largest = Math.max(largest, window.visits.length);
  }
  return { visits: visits.sort((a, b) => a.startedAt - b.startedAt).map(({ url, startedAt }) => [url, startedAt]), leftOut, largest };
}

for (const family of /** @type {const} */ (['chromium', 'firefox'])) {
  test(`${family}: pages that a person looked at are kept, and the others are counted by reason`, async () => {
    const history = new BrowserHistory(family);
    history.add('https://a.test/', AT_9, { transition: 'typed' });
    history.add('https://a.test/', AT_9 + MINUTE, { transition: 'reload' });
    history.add('https://ads.test/', AT_9 + MINUTE, { transition: 'auto_subframe' });
    history.add('https://a.test/', AT_9 + 2 * MINUTE, { transition: 'manual_subframe' });
    history.add('https://b.test/', AT_9 + 3 * MINUTE, { transition: 'auto_bookmark' });
    history.add('chrome://settings/', AT_9 + 4 * MINUTE);
    const { visits, leftOut } = await read(history);
    assert.deepEqual(visits, [['https://a.test/', AT_9], ['https://b.test/', AT_9 + 3 * MINUTE]]);
    assert.deepEqual(leftOut, { reload: 1, redirectHop: 0, subframe: family === 'chromium' ? 1 : 2 });
  });

  test(`${family}: each visit of a long history is read once, and few at a time`, async () => {
    const history = new BrowserHistory(family);
    /** @type {[string, number][]} */
    const wanted = [];
    // A quiet year, then 3,000 pages within an hour, as a restored session or another program may leave them.
    for (let n = 0; n < 400; n += 1) wanted.push([`https://quiet.test/${n % 7}`, AT_9 - n * 24 * 60 * MINUTE - 1]);
    for (let n = 0; n < 3000; n += 1) wanted.push([`https://busy.test/${n}`, AT_9 + n * 1000]);
    for (const [url, at] of wanted) history.add(url, at);
    const { visits, largest } = await read(history);
    assert.deepEqual(visits, wanted.sort((a, b) => a[1] - b[1]));
    assert.ok(largest <= 500, String(largest));
  });

  test(`${family}: more pages in one millisecond than a window holds are all read`, async () => {
    const history = new BrowserHistory(family);
    for (let n = 0; n < 700; n += 1) history.add(`https://a.test/${n}`, AT_9);
    assert.equal((await read(history)).visits.length, 700);
  });

  test(`${family}: visits from the present on are left to the recording`, async () => {
    const history = new BrowserHistory(family);
    history.add('https://a.test/', NOW - 1);
    history.add('https://a.test/', NOW);
    assert.deepEqual((await read(history)).visits, [['https://a.test/', NOW - 1]]);
  });
}

test('chromium: a page that led on to another is a redirect where its history does not show it', async () => {
  const history = new BrowserHistory('chromium');
  history.add('https://a.test/', AT_9 + 0.123);
  const hop = history.add('https://a.test/', AT_9 + MINUTE + 0.5, { hop: true });
  history.add('https://b.test/', AT_9 + MINUTE + 0.5, { from: hop });
  history.add('https://only-hop.test/', AT_9 + 2 * MINUTE, { hop: true });
  const { visits, leftOut } = await read(history);
  assert.deepEqual(visits, [['https://a.test/', AT_9], ['https://b.test/', AT_9 + MINUTE]]);
  assert.equal(leftOut.redirectHop, 1);
});

test('firefox: a page without a title that led on within a second is a redirect, wherever windows meet', async () => {
  const history = new BrowserHistory('firefox');
  const before = NOW - 24 * 60 * MINUTE;
  const hop = history.add('http://a.test/', before - 300, { title: '' });
  history.add('https://a.test/', before + 100, { from: hop });
  const titled = history.add('https://list.test/', AT_9);
  history.add('https://b.test/', AT_9 + 500, { from: titled });
  const slow = history.add('https://untitled.test/', AT_9 + MINUTE, { title: '' });
  history.add('https://c.test/', AT_9 + 2 * MINUTE, { from: slow });
  const framed = history.add('https://app.test/', AT_9 + 3 * MINUTE, { title: '' });
  history.add('https://frame.test/', AT_9 + 3 * MINUTE + 200, { from: framed, transition: 'manual_subframe' });
  const { visits, leftOut } = await read(history);
  assert.deepEqual(visits.map(([url]) => url), [
    'https://a.test/', 'https://list.test/', 'https://b.test/', 'https://untitled.test/', 'https://c.test/', 'https://app.test/',
  ]);
  assert.deepEqual(leftOut, { reload: 0, redirectHop: 1, subframe: 1 });
});

test('a visit tells when its page was seen last', async () => {
  const history = new BrowserHistory('chromium');
  history.add('https://a.test/', AT_9);
  history.add('https://a.test/', AT_9 + MINUTE, { transition: 'reload' });
  for await (const { visits } of windowsBefore(history, 'chromium', NOW)) {
    for (const { newestAt } of visits) assert.equal(newestAt, AT_9 + MINUTE);
  }
});

test('counting tells span and numbers, and what the rules keep here', async () => {
  const history = new BrowserHistory('chromium');
  history.add('https://a.test/', AT_9);
  history.add('https://mail.bank.test/', AT_9 + MINUTE);
  history.add('https://b.test/', AT_9 + 2 * MINUTE);
  history.add('https://b.test/', AT_9 + 3 * MINUTE, { transition: 'reload' });
  const told = [];
  const options = { rules: { ...NO_RULES, never: ['bank.test'] }, before: NOW, onProgress: ({ visits }) => told.push(visits) };
  assert.deepEqual(await countHistory(history, 'chromium', options), {
    visits: 2, first: AT_9, last: AT_9 + 2 * MINUTE, forbidden: 1, leftOut: { reload: 1, redirectHop: 0, subframe: 0 },
  });
  assert.equal(told.at(-1), 2);
  assert.equal(await countHistory(history, 'chromium', { ...options, signal: AbortSignal.abort() }), null);
});

test('an empty history is read to its end', async () => {
  const history = new BrowserHistory('firefox');
  assert.deepEqual((await read(history)).visits, []);
  assert.ok(history.calls.search < 20, String(history.calls.search));
});
