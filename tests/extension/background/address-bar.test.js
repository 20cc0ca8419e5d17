import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressBar } from '../../../extension/src/background/address-bar.js';

/** @type {any} */
const ALICE = { key: 'https://s.test#1', server: 'https://s.test', needsSignIn: false };
const page = (more = {}) => ({ url: 'https://a.test/garden', title: 'Garden', visits: 3, ...more });
/** @type {(pages: any[], more?: object) => any} */
const reply = (pages, more = {}) => ({ kind: 'ok', body: { pages, found: pages.length, next: null, complete: true, ...more } });

/**
 * An address bar whose server gives these replies in turn.
 * @param {{account?: any, replies?: any[], isMarkup?: boolean}} [options]
 * @returns {{it: any, calls: string[][]}}
 */
function bar({ account = ALICE, replies = [], isMarkup = true } = {}) {
  /** @type {string[][]} */
  const calls = [];
  const it = new AddressBar({
    account: async () => account,
    call: async (key, path) => {
      calls.push([key, path]);
      return replies.shift();
    },
    isMarkup,
    wait: async () => {},
  });
  return { it, calls };
}

test('pages that the server finds are suggested with title, readable URL and number of visits', async () => {
  const { it, calls } = bar({ replies: [reply([page(), page({ url: 'https://www.xn--bcher-kva.test/K%C3%A4se?q=1', title: '', visits: 1 })])] });
  const { first, suggestions } = await it.suggestionsFor(' garden site:a.test ');
  assert.deepEqual(calls, [['https://s.test#1', '/api/insights/search/pages?q=garden+site%3Aa.test&limit=8']]);
  assert.equal(first, 'Search your history for garden site:a.test');
  assert.deepEqual(suggestions, [
    { content: 'https://a.test/garden', description: 'Garden – <url>a.test/garden</url> – <dim>3 visits</dim>' },
    { content: 'https://www.xn--bcher-kva.test/K%C3%A4se?q=1', description: '<url>bücher.test/Käse?q=1</url>' },
  ]);
});

test('markup and characters that break a line in titles and typed text are text', async () => {
  const title = '<match>&"\u202Eevil\u0000\uD800\nline\'';
  const { it } = bar({ replies: [reply([page({ title })]), reply([])] });
  const { suggestions: [{ description }] } = await it.suggestionsFor('x');
  assert.equal(description, '&lt;match&gt;&amp;&quot; evil line&apos; – <url>a.test/garden</url> – <dim>3 visits</dim>');
  assert.equal((await it.suggestionsFor('<b>')).first, 'Search your history for &lt;b&gt; – <dim>nothing found</dim>');
});

test('a browser that takes no markup gets plain text', async () => {
  const { it } = bar({ isMarkup: false, replies: [reply([page({ title: 'A & <b>' })])] });
  const { suggestions } = await it.suggestionsFor('x');
  assert.equal(suggestions[0].description, 'A & <b> – a.test/garden – 3 visits');
});

test('an answer that comes after the person has typed on is dropped', async () => {
  /** @type {(reply: any) => void} */
  let answerFirst = () => {};
  const first = new Promise((resolve) => {
    answerFirst = resolve;
  });
  const signals = [];
  /** @type {any} */
  const it = new AddressBar({
    account: async () => ALICE,
    call: (_key, path, { signal }) => {
      signals.push(signal);
      return path.includes('q=ga&') ? first : Promise.resolve(reply([page()]));
    },
    isMarkup: true,
    wait: async () => {},
  });
  const early = it.suggestionsFor('ga');
  await new Promise(setImmediate);
  const late = await it.suggestionsFor('gar');
  assert.equal(signals[0].aborted, true);
  answerFirst(reply([page({ url: 'https://old.test/' })]));
  assert.equal(await early, null);
  assert.equal(late.suggestions[0].content, 'https://a.test/garden');
  assert.equal(await it.urlFor('https://old.test/'), 'https://s.test/dashboard/history?q=https%3A%2F%2Fold.test%2F');
});

test('text that is typed over within a moment is not looked for', async () => {
  const calls = [];
  const waits = [];
  /** @type {any} */
  const it = new AddressBar({
    account: async () => ALICE,
    call: async (_key, path) => {
      calls.push(path);
      return reply([]);
    },
    isMarkup: true,
    wait: () => new Promise((done) => {
      waits.push(done);
    }),
  });
  const early = it.suggestionsFor('g');
  await new Promise(setImmediate);
  const late = it.suggestionsFor('ga');
  await new Promise(setImmediate);
  waits.forEach((done) => done());
  assert.equal(await early, null);
  await late;
  assert.deepEqual(calls, ['/api/insights/search/pages?q=ga&limit=8']);
});

test('a suggestion opens its page, and other text the search of the server', async () => {
  const { it } = bar({ replies: [reply([page()])] });
  await it.suggestionsFor('garden');
  assert.equal(await it.urlFor('https://a.test/garden'), 'https://a.test/garden');
  assert.equal(await it.urlFor('green "rose garden"'), 'https://s.test/dashboard/history?q=green+%22rose+garden%22');
});

test('a URL that is not http(s) is never suggested', async () => {
  const { it } = bar({ replies: [reply([page({ url: 'javascript:alert(1)' }), page({ url: 7 }), null, page({ title: null })])] });
  assert.deepEqual((await it.suggestionsFor('x')).suggestions, []);
  assert.match(await it.urlFor('javascript:alert(1)'), /^https:\/\/s\.test\/dashboard\/history/);
});

for (const account of [null, { ...ALICE, needsSignIn: true }]) {
  test(`without a sign-in (${account ? 'ended' : 'none'}) nothing is asked, and the line says so`, async () => {
    const { it, calls } = bar({ account });
    assert.deepEqual(await it.suggestionsFor('garden'), { first: 'Sign in to your server to search your history', suggestions: [] });
    assert.deepEqual(calls, []);
  });
}

test('without an account there is nothing to open', async () => {
  assert.equal(await bar({ account: null }).it.urlFor('garden'), null);
});

test('no blank text is sent', async () => {
  const { it, calls } = bar();
  assert.match((await it.suggestionsFor('  ')).first, /^Type words/);
  assert.deepEqual(calls, []);
});

test('the server says what it cannot search for, and that it found more to read', async () => {
  const { it } = bar({ replies: [
    { kind: 'refused', status: 400, error: { code: 'invalid', detail: 'Wrong.', errors: { q: ['“before:x” names no day.'] } } },
    { kind: 'refused', status: 500, error: { code: 'error', detail: 'Wrong.' } },
    { kind: 'wait', reason: 'network', error: null },
    null,
    reply([], { next: 'cursor' }),
  ] });
  assert.equal((await it.suggestionsFor('before:x')).first, '“before:x” names no day.');
  assert.equal((await it.suggestionsFor('x')).first, 'The server cannot search for this');
  assert.match((await it.suggestionsFor('x')).first, /does not answer/);
  assert.match((await it.suggestionsFor('x')).first, /does not answer/);
  assert.equal((await it.suggestionsFor('x')).first, 'Search your history for x to its end');
});
