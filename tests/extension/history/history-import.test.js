import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_RULES } from '../../../extension/src/capture/recording-rules.js';
import { HistoryImporter } from '../../../extension/src/history/history-import.js';
import { error, json } from '../scripted-server.js';
import { ALICE, world } from '../sync/sync-world.js';
import { AT_9, BrowserHistory } from './browser-history.js';

/** Alice with `count` pages in the browser's history, a minute apart, and a server that takes 3 visits at once. */
async function historyWorld(count, { recorded = 0 } = {}) {
  const it = await world(recorded);
  it.history = new BrowserHistory('chromium');
  for (let n = 0; n < count; n += 1) it.history.add(`https://h.test/${n}`, AT_9 + n * 60_000);
  it.rules = NO_RULES;
  it.allowed = true;
  it.startBackground = () => {
    it.importer = new HistoryImporter({
      store: it.store, api: () => (it.allowed ? it.history : undefined), family: 'chromium', rules: async () => it.rules,
      client: { anonymousClientId: 'client 1' }, now: () => it.time,
    });
    it.more = { sources: (owner) => it.importer.sources(owner) };
  };
  it.startBackground();
  it.begin = () => it.importer.begin(ALICE.key, count);
  it.state = async () => {
    const { status, problem, fates } = await it.importer.of(ALICE.key);
    return [status, problem, fates.stored];
  };
  it.urls = () => [...it.server.rows.visits.values()].map(({ url }) => url).filter((url) => url.startsWith('https://h.')).sort();
  it.wanted = () => it.history.visits.map(({ url }) => url).sort();
  return it;
}

test('a history goes out under its own client id, after what was recorded', async () => {
  const it = await historyWorld(7, { recorded: 2 });
  await it.begin();
  const run = await it.run();
  assert.deepEqual([run.state, run.sent], ['synced', 2]);
  const pushes = it.server.requests.filter(({ path }) => path === '/api/sync/page-visits');
  assert.deepEqual(pushes.map(({ body }) => body.anonymousClientId), ['client 1', 'import:chromium', 'import:chromium', 'import:chromium']);
  assert.deepEqual(it.urls(), it.wanted());
  assert.deepEqual(await it.state(), ['done', null, 7]);
  assert.deepEqual(await it.store.total(), { visits: 2, aggregates: 0 });
});

test('without a beginning nothing of the history is read', async () => {
  const it = await historyWorld(3);
  await it.run();
  assert.deepEqual(it.history.calls, { search: 0, getVisits: 0 });
});

test('after the end nothing is read again', async () => {
  const it = await historyWorld(3);
  await it.begin();
  await it.run();
  const { search } = it.history.calls;
  await it.run({ manual: true });
  assert.equal(it.history.calls.search, search);
});

test('a stop of the background at any push loses and doubles nothing', async () => {
  for (let killedAt = 0; killedAt < 4; killedAt += 1) {
    const it = await historyWorld(0);
    // Days apart, so that there are many windows.
    for (let n = 0; n < 10; n += 1) it.history.add(`https://h.test/${n}`, AT_9 - n * 50 * 24 * 3600_000);
    await it.begin();
    const killed = Array.from({ length: killedAt }, () => (request, server) => server.own(request));
    it.server.next(...killed, (request, server) => {
      server.own(request);
      throw new TypeError('the network is gone after the server had stored it');
    });
    assert.equal((await it.run()).state, 'failed');
    const [status, , stored] = await it.state();
    assert.equal(status, 'running');
    it.startBackground();
    await it.run({ manual: true });
    assert.deepEqual(it.urls(), it.wanted());
    assert.deepEqual(await it.state(), ['done', null, 10]);
    assert.ok(stored <= 10);
  }
});

test('a stop by the person keeps the rest here, until they let it go on', async () => {
  const it = await historyWorld(7);
  await it.begin();
  it.server.next(async (request, server) => {
    await it.importer.setStatus(ALICE.key, 'stopped');
    return server.own(request);
  });
  assert.equal((await it.run()).state, 'synced');
  assert.equal(it.urls().length, 3);
  assert.deepEqual(await it.state(), ['stopped', null, 0]);
  await it.run({ manual: true });
  assert.equal(it.urls().length, 3);
  await it.importer.setStatus(ALICE.key, 'running');
  await it.run({ manual: true });
  assert.deepEqual(it.urls(), it.wanted());
  assert.deepEqual(await it.state(), ['done', null, 7]);
});

test('a rule that is made meanwhile holds for what is not sent yet', async () => {
  const it = await historyWorld(7);
  it.history.add('https://bank.test/', AT_9 + 100 * 60_000);
  await it.begin();
  it.server.next((request, server) => {
    it.rules = { ...NO_RULES, never: ['bank.test'] };
    return server.own(request);
  });
  await it.run();
  assert.equal(it.urls().length, 7);
  assert.ok(![...it.server.rows.visits.values()].some(({ url }) => url.includes('bank')));
  assert.equal((await it.importer.of(ALICE.key)).fates.forbidden, 1);
});

test('what the server says of each visit is counted', async () => {
  const it = await historyWorld(3);
  await it.begin();
  it.server.next(json(200, { results: ['created', 'erased', 'rejected'], rejected: [{ index: 2, id: 'x', errors: { url: ['No.'] } }], trimmed: [] }));
  await it.run();
  assert.deepEqual((await it.importer.of(ALICE.key)).fates, { stored: 1, erased: 1, refused: 1, forbidden: 0 });
});

test('a word that this version does not know stops the import and says so', async () => {
  const it = await historyWorld(3);
  await it.begin();
  it.server.next(json(200, { results: ['created', 'perhaps', 'created'], rejected: [], trimmed: [] }));
  await it.run();
  assert.deepEqual(await it.state(), ['stopped', 'server', 0]);
});

test('a permission that was taken away stops the import and says so', async () => {
  const it = await historyWorld(3);
  await it.begin();
  it.allowed = false;
  assert.equal((await it.run()).state, 'synced');
  assert.deepEqual(await it.state(), ['stopped', 'permission', 0]);
});

test('a history that cannot be read stops the import and says so', async () => {
  const it = await historyWorld(3);
  await it.begin();
  it.history.getVisits = async () => {
    throw new Error('no');
  };
  assert.equal((await it.run()).state, 'synced');
  assert.deepEqual(await it.state(), ['stopped', 'history', 0]);
});

test('a server that asks for a pause gets it, and the import goes on later', async () => {
  const it = await historyWorld(7);
  await it.begin();
  it.server.next((request, server) => server.own(request), error(429, 'throttled', { 'Retry-After': '5' }));
  assert.equal((await it.run()).problem.kind, 'waiting');
  assert.equal((await it.run()).state, 'not-yet');
  it.time += 6000;
  await it.run();
  assert.deepEqual(it.urls(), it.wanted());
});

test('an import waits for an erasure that the server does not know yet', async () => {
  const it = await historyWorld(3);
  await it.begin();
  await it.store.set('waitingErasures', [{ owner: ALICE.key, rule: { domain: 'h.test' } }]);
  await it.run();
  assert.deepEqual([it.urls(), await it.state()], [[], ['running', null, 0]]);
});

test('another account does not go on with it', async () => {
  const it = await historyWorld(3);
  await it.begin();
  await it.store.set('account', { ...ALICE, key: 'https://s.test#2', user: { id: '2', email: 'bob@example.com', name: '' } });
  await it.run();
  assert.deepEqual([it.urls(), it.history.calls.search], [[], 0]);
});

test('a new beginning takes the place of the old one, also while it is under way', async () => {
  const it = await historyWorld(7);
  await it.begin();
  it.server.next(async (request, server) => {
    it.time += 1;
    await it.begin();
    return server.own(request);
  });
  await it.run();
  await it.run({ manual: true });
  assert.deepEqual(await it.state(), ['done', null, 7]);
});
